"""Any module of the package can be the first one that is imported, as commands and jobs do."""

import subprocess
import sys
from pathlib import Path

import pytest

WORKFLOW = Path(__file__).parents[1] / "workflow"

FIRST = """
import gc, importlib, os, sys
from pathlib import Path
sys.path.insert(0, {workflow!r})
import steadyhand
root = Path(steadyhand.__file__).parents[1]
paths = sorted(it.relative_to(root).with_suffix("") for it in root.glob("steadyhand/**/*.py"))
names = [".".join(it.parts).removesuffix(".__init__") for it in paths]
names = [it for it in names if not it.endswith("__main__")]
assert len(names) > 150, names

def in_a_child(do):
    sys.stdout.flush()
    reading, writing = os.pipe()
    if not (child := os.fork()):
        try:
            os.write(writing, do().encode())
        except BaseException as error:
            print(f"{{error!r}}", flush=True)
            os._exit(1)
        os._exit(0)
    os.close(writing)
    with open(reading) as told:
        text = told.read()
    os.waitpid(child, 0)
    return text

def of_others():
    for name in names:
        importlib.import_module(name)
    return " ".join(it for it in sys.modules if it.split(".")[0] != "steadyhand")

def alone(name):
    importlib.import_module(name)
    return name

# What others have written is imported once; each child then begins with the package's first line.
for name in in_a_child(of_others).split():
    if name not in sys.modules and not name.startswith("__"):
        importlib.import_module(name)
assert not [it for it in sys.modules if it.startswith("steadyhand.")]
gc.disable()  # or each child copies the pages of all that is there
for name in names:
    if in_a_child(lambda: alone(name)) != name:
        print(name, flush=True)
"""


@pytest.mark.slow
def test_every_module_can_be_imported_before_all_others():
    script = FIRST.format(workflow=str(WORKFLOW))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("", 0), done.stdout + done.stderr[-2000:]
