"""Make .venv, at the root of the repository, hold exactly what requirements.lock says.

Run by make before everything else, with any Python >= 3.11 and its standard library alone. Does
nothing when nothing changed, and writes nothing but .venv. A clone that was moved keeps its
packages; their paths are mended.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
FINISHED = VENV / ".installed"
UNFINISHED = VENV / ".installing"


def wanted() -> dict[str, str]:
    """What a finished installation records: what was installed, and where."""

    def sha256(name: str) -> str:
        return hashlib.sha256((ROOT / name).read_bytes()).hexdigest()

    return {
        "lock": sha256("requirements.lock"),
        "project": sha256("pyproject.toml"),
        "root": str(ROOT),
    }


def installed() -> dict[str, str]:
    """What the finished installation in .venv recorded; empty where there is none that works."""
    if not FINISHED.is_file() or UNFINISHED.exists():
        return {}
    runs = [str(PYTHON), "-c", "import sys; print(f'{sys.version_info[0]}.{sys.version_info[1]}')"]
    try:
        version = subprocess.run(runs, capture_output=True, text=True, check=True).stdout.strip()
        stamp: dict[str, str] = json.loads(FINISHED.read_text())
    except (OSError, subprocess.CalledProcessError, ValueError):
        return {}  # its Python is gone, or the stamp is damaged: built anew
    asked_for_another = os.environ.get("PYTHON") and version != "{}.{}".format(*sys.version_info)
    return {} if asked_for_another else stamp


def build() -> None:
    """A new .venv with every package of the lock, each checked against its hash."""
    ours = FINISHED.exists() or UNFINISHED.exists()
    if VENV.is_dir() and any(VENV.iterdir()) and not ours:
        sys.exit(f"{VENV} was not made by make: move it away or remove it, then try again")
    shutil.rmtree(VENV, ignore_errors=True)
    VENV.mkdir()
    UNFINISHED.touch()
    print(f"Installing requirements.lock into {VENV} (some minutes) ...", flush=True)
    begin = time.monotonic()
    subprocess.run([sys.executable, "-m", "venv", str(VENV)], check=True)
    pip("--require-hashes", "-r", "requirements.lock")
    print(f"Installed in {time.monotonic() - begin:.0f} s", flush=True)


def install_project() -> None:
    """The package itself, editable: code is read from workflow/, nothing is fetched."""
    pip("--no-index", "--no-deps", "--no-build-isolation", "--force-reinstall", "-e", ".")


def pip(*arguments: str) -> None:
    quiet = ["-qq", "--disable-pip-version-check", "--no-input"]
    subprocess.run([str(PYTHON), "-m", "pip", "install", *quiet, *arguments], check=True, cwd=ROOT)


def mend_paths(former: str) -> None:
    """Point the scripts of a moved .venv to where it is now.

    Their first lines are written as pip writes them for paths with spaces, which suits any path.
    """
    old, new = os.fsencode(f"{former}/.venv"), os.fsencode(VENV)
    start = b"#!/bin/sh\n'''exec' \"" + new + b'/bin/python" "$0" "$@"\n\' \'\'\'\n'
    for script in (VENV / "bin").iterdir():
        content = b"" if script.is_symlink() or not script.is_file() else script.read_bytes()
        if content.startswith(b"#!" + old):
            script.write_bytes(start + content.split(b"\n", 1)[1])
        elif old in content:
            script.write_bytes(content.replace(old, new))


def main() -> None:
    folder = os.open(ROOT, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)  # two makes in one folder: the second waits for the first
    want, have = wanted(), installed()
    if want == have:
        return
    if have.get("lock") == want["lock"]:
        FINISHED.rename(UNFINISHED)
        if have["root"] != want["root"]:
            mend_paths(have["root"])
    else:
        build()
    install_project()
    UNFINISHED.write_text(json.dumps(want, indent=1))
    UNFINISHED.rename(FINISHED)


if __name__ == "__main__":
    try:
        main()
    except subprocess.CalledProcessError:
        sys.exit("the installation failed, see above; the next make starts it again")
