"""How large evaluated states are, from their request alone; light, for use while parsing."""

from collections.abc import Mapping
from typing import Any

from steadyhand.conditions import count_conditions

_AXES = 2
_BYTES = 4
_CELL_STATE = {"gru": 1, "vanilla": 1, "lstm": 2}
_CHANNELS = 8
BLOCK_TRIALS = 192
"""Trials computed together, unless the profile says otherwise."""

_PROCESS_MB = 1000
_BLOCKS_AT_ONCE = 4
"""Three in turns, as `evaluate` has them, and copies of what is written."""


def count_trials(request: Mapping[str, Any]) -> int:
    """Trials of a resolved request."""
    task = request["task"]
    of_task = task["grid"] ** 2 * task.get("directions", 1)
    return of_task * request["repeats"] * count_conditions(request)


def stored_times(n_steps: int, every: int) -> int:
    """How many of the states 0 … n_steps − 1 are stored, if only every so manieth is."""
    return -(-n_steps // every)


def states_bytes(request: Mapping[str, Any], replicates: int) -> int:
    """Of a file of states of so many networks, before compression."""
    return count_trials(request) * replicates * bytes_per_trial(request)


def evaluation_memory_mb(request: Mapping[str, Any], replicates: int) -> int:
    """Most memory that an evaluation takes [MB], however many trials it has."""
    block = BLOCK_TRIALS * replicates * bytes_per_trial(request)
    return _PROCESS_MB + round(_BLOCKS_AT_ONCE * block / 1e6)


def bytes_per_trial(request: Mapping[str, Any]) -> int:
    """Of what is stored of a trial, for each network [bytes]; compression leaves 0.5 to 0.95."""
    network = request["physics"]["network"]
    numbers = 0
    for name in request["keep"]:
        if name == "hidden":
            times = stored_times(request["n_steps"], request["hidden_every"])
            numbers += times * network["hidden_size"] * _CELL_STATE[network["type"]]
        elif name == "network_input":
            numbers += request["n_steps"] * (_CHANNELS + (request["sisu"] is not None))
        else:
            numbers += request["n_steps"] * _AXES
    return _BYTES * numbers
