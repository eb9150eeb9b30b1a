"""Any module of the package can be the first one that is imported, as commands and jobs do."""

import subprocess
import sys
from pathlib import Path

import pytest

WORKFLOW = Path(__file__).parents[1] / "workflow"

FIRST = """
import importlib, os, sys
from pathlib import Path
sys.path.insert(0, {workflow!r})
# What others have written is imported once; each child then begins with the package's first line.
import equinox, jax, jaxtyping, netCDF4, numpy, optax, pandas, plotly.subplots, pyarrow.parquet
import pydantic, rich.table, scipy.special, typer, xarray
import steadyhand
root = Path(steadyhand.__file__).parents[1]
paths = sorted(it.relative_to(root).with_suffix("") for it in root.glob("steadyhand/**/*.py"))
names = [".".join(it.parts).removesuffix(".__init__") for it in paths]
assert len(names) > 150, names
assert not [it for it in sys.modules if it.startswith("steadyhand.")]
for name in names:
    if name.endswith("__main__"):
        continue
    sys.stdout.flush()
    if not (child := os.fork()):
        try:
            importlib.import_module(name)
        except BaseException as error:
            print(f"{{name}}: {{error!r}}", flush=True)
            os._exit(1)
        os._exit(0)
    os.waitpid(child, 0)
"""


@pytest.mark.slow
def test_every_module_can_be_imported_before_all_others():
    script = FIRST.format(workflow=str(WORKFLOW))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("", 0), done.stdout + done.stderr[-2000:]
