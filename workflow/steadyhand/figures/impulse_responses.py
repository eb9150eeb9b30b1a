"""Responses to a sensory impulse, turned to its direction: paths, and profiles over time."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from steadyhand.described_conditions import SENSED
from steadyhand.errors import UserError
from steadyhand.figures import aligned_groups, style, wording
from steadyhand.figures.response_panels import PROFILES, draw_panels
from steadyhand.figures.source import Source

_TYPE = "impulse_responses"
_SELECTED = {
    "impulse_amplitude": "impulse",
    "impulse_onset": "onset",
    "impulse_duration": "duration",
    "field_amplitude": "field amplitude",
    "sisu": "SISU",
}
_NEEDED = ("impulse_direction", "replicate", "trial", "time", "position", *PROFILES)


def prepare(sources: Sequence[Source], options: Mapping[str, Any]) -> xr.Dataset:
    """Paths from the onset on, and mean and standard deviation of profiles over the whole trial.

    Parallel is along the offset that is sensed; lateral is positive left of it. Positions are
    relative to that at the onset. The mean path is over all trials and replicates; profiles have
    the mean and SD over them all. Options: `impulse_amplitude`, `impulse_onset`,
    `impulse_duration`, `field_amplitude` and `sisu` select trials (needed if the states hold
    several values); `color` is what groups are, "train" (models, the default) or "sisu" (contexts
    of one model); `max_curves`; `channel`, what is offset.

    Dims: group, curve, step, component ("parallel", "lateral"). Groups with fewer curves or steps
    than others are padded with NaN; `curve_count` and `step_count` say how far they reach.
    `UserError` if a selection is empty, or the windows of the groups differ.
    """
    prepared = aligned_groups.prepare(_TYPE, sources, _SELECTED, options, _group)
    windows = np.unique(np.stack([prepared["onset"], prepared["end"]], axis=1), axis=0)
    if len(windows) > 1:
        raise UserError(f"{_TYPE}: {len(windows)} windows of impulses in one figure: {windows}")
    return prepared.assign_attrs(channel=options["channel"])


def draw(prepared: xr.Dataset, options: Mapping[str, Any]) -> go.Figure:
    """The paths (equal aspect), and velocity and force along and across the impulse over time."""
    figure = draw_panels(prepared)
    channel, size = (prepared.attrs[it] for it in ("channel", "impulse_amplitude"))
    unit = wording.unit(SENSED[channel])
    what = f"Responses to an offset of the sensed {channel} by {wording.number(size)} {unit}"
    names = {name: it for name, it in _SELECTED.items() if name != "impulse_amplitude"}
    title = aligned_groups.title(what, names, prepared.attrs)
    shown = wording.counts(prepared["curve_count"].values)
    trials = wording.counts(prepared["trial_count"].values)
    subtitle = (
        f"Paths from the onset on, along the sensed offset. Thin: {shown} single trials per "
        f"condition. Thick: mean of all {trials}; bands: ± 1 SD. Grey: while the offset is sensed."
    )
    return style.finish(figure, title, subtitle, (1000, 1080), panel_titles=1)


def _group(
    source: Source, selection: Mapping[str, float | None], options: Mapping[str, Any]
) -> xr.Dataset:
    states = source.dataset("states", _NEEDED)
    chosen = aligned_groups.chosen_trials(_TYPE, source, states, selection)
    states = states.isel(trial=chosen)
    direction = states["impulse_direction"].values.astype(float)
    onset, length = (int(states[f"impulse_{it}"].values[0]) for it in ("onset", "duration"))
    curves, told = aligned_groups.drawn(states, options)
    times = states["time"].values.astype(float)
    moved = states["position"] - states["position"].isel(time=onset, drop=True)
    path = aligned_groups.turned(source, "position", moved, direction)[:, :, onset:]
    group = xr.Dataset(
        {
            "path": (("curve", "path_step", "component"), path[curves]),
            "path_mean": (("path_step", "component"), path.mean(axis=(0, 1))),
            "time": ("step", times),
            "path_time": ("path_step", times[onset:]),
            "step_count": len(times),
            "onset": times[onset],
            "end": times[onset + length],
            **told,
            "trial_count": len(chosen) * states.sizes["replicate"],
        }
    )
    for name in PROFILES:
        turned = aligned_groups.turned(source, name, states[name], direction)
        group[f"{name}_mean"] = (("step", "component"), turned.mean(axis=(0, 1)))
        group[f"{name}_sd"] = (("step", "component"), turned.std(axis=(0, 1)))
    return group
