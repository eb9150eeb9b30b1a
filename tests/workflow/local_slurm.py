"""A real Slurm cluster of one node: this machine, with daemons and files of its own.

A container without systemd is enough, but it must be root's, and without another Slurm: Snakemake's
executor clears SLURM_CONF for what it runs on a node, so the configuration has to lie where Slurm
looks for it by itself.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel")
CONFIGURATION = Path("/etc/slurm/slurm.conf")
OURS = "# A cluster of tests that end it themselves.\n"
PATH = f"{os.environ['PATH']}:/usr/sbin:/sbin"


def missing() -> str | None:
    """Why there can be no such cluster here; None if there can."""
    absent = [name for name in PROGRAMS if shutil.which(name, path=PATH) is None]
    if absent:
        return f"no Slurm: {', '.join(absent)} not found"
    if os.geteuid() != 0:
        return "a Slurm of our own needs root"
    if CONFIGURATION.exists() and not CONFIGURATION.read_text().startswith(OURS):
        return f"{CONFIGURATION}: there is a Slurm on this machine already"
    return None


@contextmanager
def local_slurm(folder: Path, cores: int = 8, memory_mb: int = 32000) -> Iterator[None]:
    """Run a cluster with so many cores and so much memory, whatever the machine has, until left."""
    folder.mkdir(parents=True)
    node = socket.gethostname().partition(".")[0]
    munge = folder / "munge.socket"
    key = folder / "munge.key"
    key.write_bytes(os.urandom(256))
    key.chmod(0o600)
    with ExitStack() as until_left:
        CONFIGURATION.parent.mkdir(exist_ok=True)
        CONFIGURATION.write_text(_configuration(folder, node, munge, cores, memory_mb))
        until_left.callback(CONFIGURATION.unlink)
        files = {"key-file": key, "socket": munge}
        files |= {f"{it}-file": folder / f"munged.{it}" for it in ("pid", "log", "seed")}
        options = [f"--{name}={path}" for name, path in files.items()]
        until_left.enter_context(_running(["munged", "--foreground", "--force", *options], folder))
        _wait(lambda: _run("munge", "-n", "-S", str(munge)).returncode == 0, folder / "munged.out")
        until_left.enter_context(_running(["slurmctld", "-D"], folder))
        _wait(lambda: _run("scontrol", "ping").returncode == 0, folder / "slurmctld.out")
        until_left.enter_context(_running(["slurmd", "-D", "-N", node], folder))
        _wait(
            lambda: _run("sinfo", "-h", "-o", "%T").stdout.strip() == "idle", folder / "slurmd.out"
        )
        until_left.callback(_end_jobs, folder / "slurmctld.out")
        yield


def _configuration(folder: Path, node: str, munge: Path, cores: int, memory_mb: int) -> str:
    controller_port, node_port = _free_ports(2)
    for name in ("state", "spool"):
        (folder / name).mkdir()
    return f"""\
{OURS}ClusterName=tests
SlurmctldHost={node}(127.0.0.1)
SlurmUser=root
SlurmctldPort={controller_port}
SlurmdPort={node_port}
AuthType=auth/munge
AuthInfo=socket={munge}
CredType=cred/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
SlurmdParameters=config_overrides
# Without accounting, the controller itself must remember jobs that have ended.
MinJobAge=3600
KillWait=30
NodeName={node} NodeAddr=127.0.0.1 CPUs={cores} RealMemory={memory_mb} State=UNKNOWN
PartitionName=tests Nodes={node} Default=YES MaxTime=INFINITE State=UP
"""


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@contextmanager
def _running(command: list[str], folder: Path) -> Iterator[None]:
    environment = {**os.environ, "PATH": PATH}
    with open(folder / f"{command[0]}.out", "w") as output:
        daemon = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield
    finally:
        daemon.terminate()
        try:
            daemon.wait(20)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()


def _run(*command: str) -> subprocess.CompletedProcess:
    return subprocess.run(command, capture_output=True, text=True, timeout=20)


def _wait(ready: Callable[[], bool], output: Path) -> None:
    deadline = time.monotonic() + 60
    while not ready():
        if time.monotonic() > deadline:
            words = output.read_text(errors="replace")
            raise TimeoutError(f"{output.stem} does not do what it should: {words[-2000:]}")
        time.sleep(0.2)


def _end_jobs(output: Path) -> None:
    """What a job runs outlives the daemons."""
    _run("scancel", "--user", "root")
    _wait(lambda: not _run("squeue", "-h", "-t", "running,completing").stdout.strip(), output)
