"""The conditions of trials that a figure shows, by the values that set them apart."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from steadyhand.conditions import CONDITION_NAMES, has_value
from steadyhand.errors import UserError
from steadyhand.figures import wording
from steadyhand.figures.source import Source


def selection_of(options: Mapping[str, Any]) -> dict[str, float]:
    """What sets trials apart, with the values that the options of a figure choose."""
    return {name: options[name] for name in CONDITION_NAMES if options.get(name) is not None}


def only_condition(role: str, source: Source, options: Mapping[str, Any]) -> xr.Dataset:
    """An analysis at the one condition with the chosen values.

    `UserError` if there is none or are several, or no network.
    """
    selection = selection_of(options)
    data = source.dataset(role, ("condition", "replicate", *selection))
    chosen = np.ones(data.sizes["condition"], bool)
    for name, value in selection.items():
        chosen &= has_value(data[name].values, value)
    where = f"{role}: model {source.model_id}"
    if chosen.sum() != 1:
        said = ", ".join(f"{name} = {wording.number(it)}" for name, it in selection.items())
        raise UserError(f"{where}: {chosen.sum()} conditions have {said or 'all values'}, not one")
    if not data.sizes["replicate"]:
        raise UserError(f"{where}: nothing to draw of 0 replicates")
    return data.isel(condition=int(np.flatnonzero(chosen)[0]))
