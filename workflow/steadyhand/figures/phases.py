"""Phases of a training: where the field, the noise or what is trained changes; guides for them."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import plotly.graph_objects as go
import xarray as xr

COLUMNS = (
    *("field_scale", "noise_scale", "resets_optimizer"),
    *("trains_hidden", "trains_readout"),
)
"""Variables of a history that tell the phases, each along `batch`."""
MOST_RESETS = 4
"""Resets of the optimizer that are labelled each; of more, the first says how many there are."""

_LABEL_WIDTH = 15
"""Room of a line of rotated text [px]."""


class Change(NamedTuple):
    """What is otherwise from a batch on, numbered from 0."""

    batch: int
    text: str


def changes(history: xr.Dataset) -> list[Change]:
    """What changes on the way, in order; what changes in one batch is one change.

    A ramp of the field ends the baseline with the last batch whose scale is 0, because the first
    batch of the ramp has the scale 0 as well.
    """
    found = [*_of_field(history["field_scale"].values), *_of_parts(history), *_of_resets(history)]
    noise = history["noise_scale"].values
    found += [Change(it, _noise(float(noise[it]))) for it in _steps(noise)]
    together: dict[int, list[str]] = {}
    for change in sorted(found, key=lambda it: it.batch):
        together.setdefault(change.batch, []).append(change.text)
    return [Change(batch, ", ".join(texts)) for batch, texts in together.items()]


def draw_guides(
    figure: go.Figure, shown: Sequence[Change], limits: tuple[float, float], width: float
) -> None:
    """A dotted line after the batches done before each change; labels that do not overlap.

    `limits` are those of the logarithmic x axis (decades), `width` is about its length [px].
    """
    taken = -np.inf
    for change in shown:
        place = np.log10(max(change.batch, 1))
        line = {"color": "#777777", "width": 1, "dash": "dot"}
        x = float(max(change.batch, 1))
        figure.add_shape(type="line", x0=x, x1=x, y0=0, y1=1, yref="paper", line=line, opacity=0.8)
        if not change.text:
            continue
        start = (place - limits[0]) / (limits[1] - limits[0]) * width
        taken = max(start, taken + _LABEL_WIDTH)
        figure.add_annotation(
            x=float(place),
            y=1,
            yref="paper",
            text=change.text,
            textangle=-90,
            showarrow=False,
            xanchor="left",
            yanchor="top",
            xshift=taken - start,
            font={"size": 11, "color": "#555555"},
            bgcolor="rgba(255, 255, 255, 0.7)",
            borderpad=0,
        )


def _of_field(scale: np.ndarray) -> list[Change]:
    on, full = np.flatnonzero(scale > 0), np.flatnonzero(scale == 1)
    if not len(on):
        return [Change(0, "no field")] if len(scale) else []
    if len(full) and full[0] == on[0]:  # at once
        return [Change(int(on[0]), "baseline ends: field on")] if on[0] else []
    begins = [Change(int(on[0]) - 1, "baseline ends: field grows")] if on[0] > 1 else []
    return begins + [Change(int(it), "field at full strength") for it in full[:1]]


def _of_parts(history: xr.Dataset) -> list[Change]:
    hidden, readout = (
        history[f"trains_{part}"].values.astype(bool) for part in ("hidden", "readout")
    )
    words = {
        (True, True): "hidden and readout trained",
        (True, False): "readout fixed",
        (False, True): "hidden fixed",
        (False, False): "nothing trained",
    }
    at = _steps(2 * hidden.astype(int) + readout)
    return [Change(it, words[bool(hidden[it]), bool(readout[it])]) for it in at]


def _of_resets(history: xr.Dataset) -> list[Change]:
    at = np.flatnonzero(history["resets_optimizer"].values)
    if len(at) <= MOST_RESETS:
        return [Change(int(it), "optimizer reset") for it in at]
    return [Change(int(at[0]), f"optimizer reset ({len(at)} times)")]


def _steps(values: np.ndarray) -> list[int]:
    """Batches whose value is not that of the batch before."""
    return [int(it) + 1 for it in np.flatnonzero(np.diff(values))]


def _noise(scale: float) -> str:
    return {0.0: "no noise", 1.0: "full noise"}.get(scale, f"noise × {scale:g}")
