"""Templates of the pages a reader sees; everything put into them is escaped."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def render(name: str, **content: Any) -> str:
    """Fill a template of this folder; a name that is not given is an error."""
    environment = Environment(
        loader=PackageLoader("steadyhand"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template(name).render(**content)
