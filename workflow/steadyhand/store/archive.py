"""Several files in one: a tar whose bytes depend on its members only."""

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from steadyhand.store.atomic import write_bytes
from steadyhand.store.errors import ArtefactError


def write_archive(path: Path | str, members: Mapping[str, bytes]) -> None:
    """Write `members` by name, atomically; equal members give equal bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in sorted(members):
            entry = tarfile.TarInfo(name)
            entry.size = len(members[name])
            archive.addfile(entry, io.BytesIO(members[name]))
    write_bytes(path, buffer.getvalue())


def read_member(path: Path | str, name: str) -> bytes:
    """The bytes of one member; raises `ArtefactError` where archive or member is not there."""
    try:
        with tarfile.open(path, mode="r:") as archive:
            member = archive.extractfile(name)
            if member is None:
                raise ArtefactError(path, f"its member '{name}' is not a file")
            return member.read()
    except FileNotFoundError:
        raise ArtefactError(path, "no such file") from None
    except KeyError:
        raise ArtefactError(path, f"it has no member '{name}'") from None
    except (tarfile.TarError, OSError, ValueError) as error:
        raise ArtefactError(path, f"not readable as an archive ({error})") from None
