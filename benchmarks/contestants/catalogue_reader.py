"""Opens results, reads a variable of one condition of one evaluation; prints the seconds."""

import sys
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[2] / "workflow")]

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402, F401
import steadyhand  # noqa: E402
import steadyhand.results  # noqa: E402
import xarray as xr  # noqa: E402, F401

begin = time.perf_counter()
results = steadyhand.open(sys.argv[1])
assert len(results.evaluations()) > 1
states = results.states("usual", conditions={"field_amplitude": 1.0})
position = states["position"].values
print(time.perf_counter() - begin)
assert np.isfinite(position).all() and position.shape[1] == 24 * 5
