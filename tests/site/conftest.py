"""The pages are made from the synthetic data of the tests of figures."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "figures"))
