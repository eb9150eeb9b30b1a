"""From sweeps to models: product, zip and explicit conditions, each validated."""

import itertools
import re

from pydantic import ValidationError

from steadyhand.config.explain import (
    HYPERPARAMETERS,
    VARIED,
    error_at,
    is_of_several,
    problem_of,
    within,
)
from steadyhand.config.hyperparameters import Hyperparameters
from steadyhand.config.reading import Document, Location
from steadyhand.config.variation import Choice, Setting, Variation, variations
from steadyhand.config.wording import show, spell
from steadyhand.errors import UserError

_PATH = re.compile(rf"(?<![\w.])({'|'.join(map(re.escape, HYPERPARAMETERS))})(?![a-z_.])")


def expand_sweeps(document: Document) -> dict[str, list[Hyperparameters]]:
    """The models of every sweep, in the order of its grid.

    Raises `UserError` at the first value that is not allowed, naming its place in the study.
    """
    return {name: _expand(it, document) for name, it in variations(document).items()}


def _expand(sweep: Variation, document: Document) -> list[Hyperparameters]:
    models: dict[Hyperparameters, tuple[Choice, ...]] = {}
    for choices in itertools.product(*sweep.axes):
        settings = [setting for choice in choices for setting in choice.settings]
        model = _resolve(sweep, settings, document)
        if model in models:
            raise _same_twice(models[model], choices, document)
        models[model] = choices
    return list(models)


def _same_twice(
    first: tuple[Choice, ...], second: tuple[Choice, ...], document: Document
) -> UserError:
    one, other = next(pair for pair in zip(first, second, strict=True) if pair[0] != pair[1])
    return error_at(
        document,
        other.location,
        other.value,
        f"makes the same model as {spell(one.location)} = {show(one.value)}; "
        "allowed is each model once in a sweep",
    )


def _resolve(sweep: Variation, settings: list[Setting], document: Document) -> Hyperparameters:
    content = {
        "seed": document.content.get("seed", 0),
        **{key: dict(v) if isinstance(v, dict) else v for key, v in sweep.shared.items()},
    }
    for path, value, _ in settings:
        group, _, leaf = path.rpartition(".")
        target = content.setdefault(group, {}) if group else content
        target[leaf] = value
    try:
        return Hyperparameters.model_validate(content)
    except ValidationError as error:
        found = error.errors(include_url=False)[0]
    if is_of_several(found):
        raise _contradiction(str(found["ctx"]["error"]), sweep, settings, document)
    indices = tuple(part for part in found["loc"] if isinstance(part, int))
    path = ".".join(part for part in found["loc"] if isinstance(part, str))
    place = _written_at(path, sweep, settings, document) or ("sweeps", sweep.name)
    location, value = document.as_written((*place, *indices, *within(found)), found["input"])
    raise error_at(document, location, value, problem_of(found))


def _written_at(
    path: str, sweep: Variation, settings: list[Setting], document: Document
) -> Location | None:
    """Where the study gives a hyperparameter of a model its value; None for a default."""
    for setting in settings:
        if setting.path == path:
            return setting.location
    for one in sweep.family:
        location: Location = ("sweeps", one, *path.split("."))
        if document.as_written(location, document)[1] is not document:
            return location
    return None


def _contradiction(
    message: str, sweep: Variation, settings: list[Setting], document: Document
) -> UserError:
    """An error about several hyperparameters, at the place where the study sets one of them."""
    message = re.sub(r"( = -?\d+)\.0(?=[:;, ]|$)", r"\1", message)  # 1, as people write it
    written = {
        path: place
        for path in dict.fromkeys(_PATH.findall(message))
        if (place := _written_at(path, sweep, settings, document))
    }
    if not written:
        place = ("sweeps", sweep.name)
        return UserError(f"{document.origin(place)}: {spell(place)}: {message}")
    subject = re.match(r"([\w.]+) = (\{[^}]*\}|\[[^]]*\]|\S+): ", message)
    if subject and subject[1] in written:
        chosen, message = subject[1], message[subject.end() :]
    else:
        varied = [setting.path for setting in settings if setting.path in written]
        chosen = (varied or list(written))[0]
        message = message.replace(": must", " must", 1)
    at = written[chosen]
    for path, place in written.items():
        elsewhere = document.origin(place) != document.origin(at)
        if place[:2] != at[:2] or place[2] in VARIED or elsewhere:
            value = show(document.as_written(place, None)[1])
            told = f"{spell(place)} = {value}" + f" in {document.origin(place)}" * elsewhere
            # Not the value of a product or quotient that ends in this path.
            mention = rf"(?<![\w.])(?<![/·] ){re.escape(path)} = [^\s:;,]+"
            message = re.sub(mention, told.replace("\\", r"\\"), message)
    if at[1] != sweep.name:
        message += f"; sweep '{sweep.name}' inherits it"
    return error_at(document, *document.as_written(at, None), message)
