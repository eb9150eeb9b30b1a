"""What contestants of the comparison of evaluations compute with: five untrained networks."""

import sys
from pathlib import Path

# A script's folder comes first, and a script here is called as the package is.
sys.path[:0] = [str(Path(__file__).parents[2] / "workflow")]

import jax  # noqa: E402
import numpy as np  # noqa: E402
from steadyhand.config import Hyperparameters  # noqa: E402
from steadyhand.config.evaluation import Evaluation  # noqa: E402
from steadyhand.network import (  # noqa: E402
    channels_of,
    init_controller,
    stored_spec,
    to_arrays,
)
from steadyhand.requests import evaluation_request, training_of  # noqa: E402

MODEL = Hyperparameters.model_validate(
    {
        "replicates": 5,
        "network": {"hidden_size": 100},
        "feedback": {"delay": 5},
        "field": {"type": "curl", "std": 1.0},
        "schedule": {"batch_size": 250},
    }
)
SPEC = training_of(MODEL)
CHANNELS = channels_of(SPEC)


def request_of(repeats: int, directions: int = 24, amplitudes: int = 4) -> dict:
    """Reaches with and without a curl field: 96 conditions of a trial, so many times."""
    asked = {
        "task": {"type": "center_out", "directions": directions},
        "field": {"amplitude": [0.5 * number for number in range(amplitudes)]},
        "repeats": repeats,
    }
    return evaluation_request(Evaluation.model_validate(asked), MODEL)


def networks() -> tuple[dict[str, np.ndarray], dict]:
    """Their weights and specification, as a file of weights has them."""
    network = MODEL.network.model_dump()
    made = jax.vmap(lambda key: init_controller(key, network, CHANNELS, "float32"))(
        jax.random.split(jax.random.key(0), MODEL.replicates)
    )
    numbers = np.arange(MODEL.replicates, dtype=np.int32)
    return {**to_arrays(made), "replicate": numbers}, stored_spec(network, CHANNELS)
