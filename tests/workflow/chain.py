"""How many jobs of each rule parts of the chain of the tiny study are."""

CATALOGUE = {"catalogue": 1, "site": 1}

NEW_MODEL = {
    "train": 1,
    "qualify": 1,
    "index": 1,
    "weights": 1,
    "evaluate": 2,
    "measure": 2,
    "fixed_points": 1,
    "linearize": 1,
    **CATALOGUE,
}
"""All that follows from one model that was not there, but for figures."""
