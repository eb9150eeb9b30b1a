"""Units of hyperparameters, as their fields state them."""

from functools import cache

from pydantic import BaseModel

from steadyhand.config.hyperparameters import Hyperparameters


@cache
def unit_of(path: str) -> str:
    """The unit of the hyperparameter at a dotted path; "" for names and the like."""
    model: type[BaseModel] = Hyperparameters
    *groups, name = path.split(".")
    for group in groups:
        found = model.model_fields[group].annotation
        if not (isinstance(found, type) and issubclass(found, BaseModel)):
            return ""
        model = found
    extra = model.model_fields[name].json_schema_extra
    unit = extra.get("unit", "") if isinstance(extra, dict) else ""
    return "" if unit == "name" else str(unit)
