"""Checkpoints of a stack that is being trained: where a run that was stopped goes on.

Each is one file of named arrays (see `store.weights`: any flipped byte is noticed, and every bit
of a float is kept, also of NaN and infinity), named by the batches done. It holds the identity of
the training that wrote it, and no other training goes on from it.
"""

import logging
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from steadyhand.identity import canonical, canonical_json
from steadyhand.store.atomic import write_bytes
from steadyhand.store.errors import ArtefactError
from steadyhand.store.weights import Arrays, decode, encode

SCHEMA = 1
"""Version of what a checkpoint's header says beside the identity."""

KEPT = 2
"""If the newest turns out to be damaged, there is one before it."""

FILE = r"[0-9]{8,}\.eqx"
DAMAGED = rf"{FILE}\.damaged(-[0-9]+)?"
_TEMPORARY = rf"\.{FILE}\..*\.tmp"

_PLAIN_KINDS = "biufc"
"""NumPy's kinds that come back as they were; what JAX adds, as bfloat16, does not."""


class Checkpoint(NamedTuple):
    """Where a training goes on: the batches done, and its arrays then."""

    batches_done: int
    arrays: Arrays


class Checkpoints:
    """The checkpoints of one training, in a folder that is theirs.

    Writing them never ends a training: a disk that is full costs the chance to go on from here,
    not the training. It is logged as an error each time, and the checkpoint before stays.
    """

    def __init__(self, folder: Path | str, identity: Mapping[str, Any], log: logging.Logger):
        """`identity` is plain data: all that decides the bytes of the training's arrays.

        Raises `TypeError` or `ValueError` where canonical JSON does not have it.
        """
        self._folder = Path(folder)
        self._identity: dict[str, Any] = canonical(dict(identity))
        self._log = log
        self._mine: list[Path] = []

    def newest(self) -> Checkpoint | None:
        """The newest checkpoint of this training that is sound; None to begin anew.

        A damaged one is set aside, with a warning, and the one before it taken. One of another
        identity is passed over, with a warning; the first `save` removes it. Raises `OSError` if
        the folder can't be listed: to begin anew would then be a waste.
        """
        for path in reversed(_checkpoints(self._folder)):
            try:
                content = path.read_bytes()
                arrays, spec = _decoded(content, path)
            except FileNotFoundError:  # removed since it was listed
                continue
            except ArtefactError as error:
                self._set_aside(path, error.problem)
                continue
            except OSError as error:
                self._set_aside(path, f"it can't be read ({_reason(error)})")
                continue
            header = self._header(_batches(path))
            if canonical_json(spec) != canonical_json(header):
                what = "; ".join(_differences(header, spec))
                self._log.warning("%s: not used, for it is of another training: %s", path, what)
                continue
            self._mine = [path]
            self._log.info("going on from %s", path)
            return Checkpoint(_batches(path), arrays)
        return None

    def save(self, batches_done: int, arrays: Arrays) -> bool:
        """Keep `arrays`, and the checkpoint before; every other one is removed, once this is safe.

        **Returns:** whether it was written; if it was not, the log says why.

        Raises `ValueError` for arrays that would not come back as they are.
        """
        for name, values in arrays.items():
            if values.dtype.kind not in _PLAIN_KINDS:
                raise ValueError(f"{name}: {values.dtype} can't be kept in a checkpoint")
        path = self._folder / f"{batches_done:08d}.eqx"
        try:
            write_bytes(path, encode(arrays, self._header(batches_done)))
        except (OSError, MemoryError) as error:
            then = f"go on from batch {_batches(self._mine[-1])}" if self._mine else "begin anew"
            self._log.error(
                "%s: this checkpoint could not be written (%s). Training continues; "
                "were it stopped now, it would %s.",
                *(path, _reason(error), then),
            )
            return False
        self._mine = [*(it for it in self._mine if it != path), path][-KEPT:]
        self._remove(FILE)
        return True

    def remove(self) -> None:
        """Remove what this module wrote, when training is done; the folder too, if that was all."""
        self._mine = []
        if not self._folder.is_dir():
            return
        self._remove(f"{FILE}|{DAMAGED}|{_TEMPORARY}")
        try:
            self._folder.rmdir()
        except OSError as error:
            self._log.warning("%s stays (%s)", self._folder, _reason(error))

    def _header(self, batches_done: int) -> dict[str, Any]:
        return {"schema": SCHEMA, "batches_done": batches_done, "identity": self._identity}

    def _set_aside(self, path: Path, problem: str) -> None:
        """Give a damaged file another name, for whoever wants to know what befell it."""
        self._log.warning("%s: set aside (%s)", path, problem)
        try:
            path.rename(_free(path.with_name(f"{path.name}.damaged")))
        except OSError as error:
            self._log.warning("%s keeps its name (%s)", path, _reason(error))

    def _remove(self, names: str) -> None:
        """Remove what has such names and is not to be kept; what can't be removed is harmless."""
        try:
            found = [it for it in sorted(self._folder.iterdir()) if re.fullmatch(names, it.name)]
        except OSError as error:
            self._log.warning("%s could not be listed (%s)", self._folder, _reason(error))
            return
        for path in found:
            try:
                if path not in self._mine:
                    path.unlink(missing_ok=True)
            except OSError as error:
                self._log.warning("%s could not be removed (%s)", path, _reason(error))


def checkpoint_folder(archive: Path | str) -> Path:
    """The folder of checkpoints of the stack whose trainings are archived there."""
    return Path(archive).with_suffix(".checkpoints")


def check_checkpoint(path: Path) -> None:
    """Raises `ArtefactError` if a checkpoint is not as it was written, or bears another's name."""
    _, spec = _decoded(path.read_bytes(), path)
    if spec.get("schema") == SCHEMA and spec.get("batches_done") != _batches(path):
        done = spec.get("batches_done")
        raise ArtefactError(path, f"it was written after {done} batches, its name says otherwise")


def _decoded(content: bytes, path: Path) -> tuple[Arrays, dict[str, Any]]:
    try:
        arrays, spec, _ = decode(content, path)
    except ArtefactError:
        raise
    except Exception as error:  # parsers of damaged bytes may raise anything
        what = f"it can't be read ({type(error).__name__}: {error})"
        raise ArtefactError(path, what) from None
    return arrays, spec


def _checkpoints(folder: Path) -> list[Path]:
    """In the order of batches; none if there is no folder."""
    if not folder.is_dir():
        return []
    return sorted((it for it in folder.iterdir() if re.fullmatch(FILE, it.name)), key=_batches)


def _batches(path: Path) -> int:
    return int(path.stem)


def _free(path: Path) -> Path:
    """The path, or with a number where it is taken."""
    number = 2
    free = path
    while free.is_symlink() or free.exists():
        free, number = path.with_name(f"{path.name}-{number}"), number + 1
    return free


def _differences(mine: Any, found: Any, name: str = "") -> Iterator[str]:
    """What differs in two headers, by name."""
    if isinstance(mine, dict) and isinstance(found, dict):
        for key in sorted({*mine, *found}):
            pair = (mine.get(key, "absent"), found.get(key, "absent"))
            yield from _differences(*pair, f"{name}.{key}".lstrip("."))
    elif canonical_json(mine) != canonical_json(found):
        yield f"{name.removeprefix('identity.')} was {_short(found)}, is {_short(mine)}"


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 24 else f"{text[:16]}…"


def _reason(error: OSError | MemoryError) -> str:
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
