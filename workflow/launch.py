"""Start Snakemake in this folder: one run at a time, and after a run that was killed.

A run that was killed leaves Snakemake's own lock behind, and Snakemake then refuses to start. Here
the operating system says who is alive: a lock on .snakemake/steadyhand.lock, which it frees when
this process ends. Snakemake runs inside this process: signals reach it, its exit code is ours.
"""

import errno
import fcntl
import os
import shlex
import socket
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

import psutil

STATE = Path(".snakemake")
# What file systems without such locks answer.
NO_LOCKS_HERE = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


def is_snakemake(command: list[str]) -> bool:
    """Whether a command line is Snakemake's own, or that of a script which one of its jobs runs."""
    if not command or not Path(command[0]).name.startswith("python"):
        return False
    as_module = ("-m", "snakemake") in pairwise(command)
    as_script = [Path(word).name for word in command[1:2]] == ["snakemake"]
    return as_module or as_script or any(".snakemake/scripts/" in word for word in command[1:])


def alive_here() -> list[int]:
    """Processes of this machine that run Snakemake, or a job of it, in this folder.

    The lock does not know those: a Snakemake started by hand, and jobs that outlived theirs.
    """
    here = str(Path.cwd())
    processes = [process.info for process in psutil.process_iter(["pid", "cwd", "cmdline"])]
    return [
        facts["pid"]
        for facts in processes
        if facts["cwd"] == here and is_snakemake(facts["cmdline"] or [])
    ]


def refuse(who: str) -> NoReturn:
    sys.exit(f"another run is in progress in this folder ({who}): wait for it, or stop it")


def take_lock() -> str:
    """Hold the folder until this process ends; the machine that held it before ("" for none)."""
    STATE.mkdir(exist_ok=True)
    lock = os.open(STATE / "steadyhand.lock", os.O_RDWR | os.O_CREAT, 0o666)  # never closed
    holder = os.pread(lock, 200, 0).decode(errors="replace").strip()
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        refuse(holder)
    except OSError as error:
        if error.errno not in NO_LOCKS_HERE:
            raise
        return ""  # Snakemake's own lock still guards the folder
    os.ftruncate(lock, 0)
    os.pwrite(lock, f"process {os.getpid()} on {socket.gethostname()}".encode(), 0)
    return holder.rpartition(" ")[2]


def recover(arguments: list[str]) -> None:
    """Free the lock that a dead run left, so that Snakemake starts."""
    if alive := alive_here():
        refuse(f"process {', '.join(map(str, alive))}")
    print("A former run was stopped half-way; going on from there.", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "snakemake", "--unlock", *arguments]
    unlocked = subprocess.run(command, capture_output=True, text=True)
    if unlocked.returncode != 0:
        sys.stderr.write(unlocked.stdout + unlocked.stderr)
        sys.exit(unlocked.returncode)


def main(arguments: list[str]) -> None:
    """Run Snakemake with these arguments; ends the process with Snakemake's exit code."""
    machine = take_lock()
    locks = STATE / "locks"
    # Only what a run on this machine left: who is alive on another one can't be seen from here.
    if machine == socket.gethostname() and locks.is_dir() and any(locks.iterdir()):
        recover(arguments)
    if Path(sys.executable).exists():
        # Snakemake puts this into shell commands unquoted (its issue 2645): a space breaks them.
        sys.executable = shlex.quote(sys.executable)
    from snakemake import cli

    cli.main(["--rerun-incomplete", *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
