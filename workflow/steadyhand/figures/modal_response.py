"""Responses of the hand to sensory impulses, and the modes of the closed loop that make them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from steadyhand.described_conditions import SENSED
from steadyhand.figures import style, wording
from steadyhand.figures.grouped_points import WORDS, grouped, medians_of
from steadyhand.figures.modal_panels import PATHS, add_numbers, add_paths, panels
from steadyhand.figures.source import Source, only_source

_ROLE = "modal_response"
_NEEDED = (
    *("evaluated", "predicted", "relative_error", "mode_path", "left_over", "frequency"),
    *("damping_ratio", "eigenvalue_re", "eigenvalue_im", "impulse_amplitude", "goal"),
    *("response_replicate", "replicate", "left_out"),
)
_WORDS = {**WORDS, "impulse_onset": "onset", "impulse_duration": "duration"}
DRAWN = 4
"""Modes of a response that are drawn."""


def prepare(sources: Sequence[Source], options: Mapping[str, Any]) -> xr.Dataset:
    """One response of each condition with its modes, and numbers of every replicate.

    The response is that of the replicate whose relative error at the largest amplitude is in the
    middle of all, at the goal in the middle, to the first direction. `evaluated` (group, shown,
    time, component) is per unit of the offset, of the smallest and the largest amplitude;
    `predicted` (group, time, component) and `mode_path` (group, rank, time, component) belong to
    both, as the linearization knows no amplitude. `error` (group, replicate, amplitude),
    `left_over` (group, replicate, rank) and `frequency` and `damping_ratio` (group, replicate) of
    the first mode are medians over the responses of a replicate; NaN where it has none. Groups are
    conditions: context input, field, and onsets and durations of which there are several.
    """
    source = only_source(_ROLE, sources)
    data = source.dataset(_ROLE, _NEEDED)
    told = [it for it in _WORDS if it in WORDS or (it in data and len(np.unique(data[it])) > 1)]
    labels, members = grouped(data, {it: it for it in told}, _WORDS, "response")
    amplitude = data["impulse_amplitude"].values
    amplitudes = np.unique(amplitude)
    replicates = data["replicate"].values.astype(int)
    owner = data["response_replicate"].values.astype(int)
    of_amplitude = np.searchsorted(amplitudes, amplitude)
    error = medians_of(data["relative_error"].values, members, owner, replicates, of_amplitude)
    shown = sorted({0, len(amplitudes) - 1}) if len(amplitudes) else []
    rows = [_chosen(data, own, error[it], replicates) for it, own in enumerate(members)]
    return xr.Dataset(
        {
            **_example(data, rows, amplitudes[shown]),
            "example": ("group", np.array([owner[it[0]] for it in rows], int)),
            "error": (("group", "replicate", "amplitude"), error),
            **_of_replicates(data, members, owner, replicates),
        },
        coords={
            "group": np.array(labels, object),
            "shown": amplitudes[shown],
            "amplitude": amplitudes,
            "replicate": replicates,
            "rank": np.arange(data.sizes["rank"]),
            "time": data["time"].values,
            "component": np.array(["parallel", "lateral"], object),
        },
        attrs={
            "label": source.label,
            "channel": options["channel"],
            "left_out": int(data["left_out"].sum()),
        },
    )


def draw(prepared: xr.Dataset, options: Mapping[str, Any]) -> go.Figure:
    """Paths of the hand above, their modes below, then numbers of all replicates."""
    figure, shown = panels(prepared)
    looks = style.cues(prepared.sizes["group"], ordered=True, along=style.CONTEXTS)
    add_paths(figure, prepared, shown)
    add_numbers(figure, prepared, looks)
    if not prepared.sizes["group"]:
        style.say(figure, "No loop of this model has a fixed point at the goals of these trials.")
    channel = prepared.attrs["channel"]
    title = options.get("title") or f"Modes that make responses: {prepared.attrs['label']}"
    left_out = prepared.attrs["left_out"]
    subtitle = (
        f"Displacement of the hand after an impulse of the sensed {channel} "
        f"[{wording.unit(SENSED[channel])}], per unit of it, along the impulse and to its left. "
        "Above: in trials of the evaluation, and by the linearization at the fixed point. In the "
        "middle: what single modes of the loop, the four that tell most, add to that. A network "
        "of each condition: that with the median error. Below: all replicates, medians over goals "
        "and directions."
    )
    if left_out:
        subtitle += (
            f" {left_out} responses have no prediction: there is no fixed point, there are "
            "several, or one that is far from stable."
        )
    return style.finish(figure, title, subtitle, (1240, PATHS), panel_titles=1, right=190)


def _chosen(
    data: xr.Dataset, own: np.ndarray, error: np.ndarray, replicates: np.ndarray
) -> np.ndarray:
    """Responses of a condition: of one replicate, at one goal, to one direction, by amplitude."""
    last = error[:, -1]
    there = np.flatnonzero(np.isfinite(last))
    middle = there[np.argsort(last[there], kind="stable")[(len(there) - 1) // 2]]
    mine = own[data["response_replicate"].values[own] == replicates[middle]]
    goal = data["goal"].transpose("response", "axis").values
    distance = np.linalg.norm(goal[mine] - goal.mean(axis=0), axis=1)
    at = mine[np.abs(goal[mine] - goal[mine[distance.argmin()]]).max(axis=1) < 1e-9]
    amplitude = data["impulse_amplitude"].values[at]
    _, first = np.unique(amplitude, return_index=True)
    return np.asarray(at[first])


def _example(
    data: xr.Dataset, rows: list[np.ndarray], shown: np.ndarray
) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    """Paths of the chosen responses, per unit of their offset."""
    amplitude = data["impulse_amplitude"].values
    rank, n_steps = min(DRAWN, data.sizes["rank"]), data.sizes["time"]

    def per_unit(name: str, row: int) -> np.ndarray:
        dims = [it for it in ("rank", "time", "component") if it in data[name].dims]
        return data[name].isel(response=row).transpose(*dims).values / amplitude[row]

    ends = [[own[np.argmin(np.abs(amplitude[own] - it))] for it in shown] for own in rows]
    evaluated = [[per_unit("evaluated", it) for it in both] for both in ends]
    ones = np.array([own[0] for own in rows], int)
    told = ("frequency", "damping_ratio", "eigenvalue_re", "eigenvalue_im")
    path = ("group", "drawn", "time", "component")
    return {
        "evaluated": (
            ("group", "shown", "time", "component"),
            np.array(evaluated).reshape(len(rows), len(shown), n_steps, 2),
        ),
        "predicted": (
            ("group", "time", "component"),
            np.array([per_unit("predicted", it) for it in ones]).reshape(len(rows), n_steps, 2),
        ),
        "mode_path": (
            path,
            np.array([per_unit("mode_path", it)[:rank] for it in ones]).reshape(
                len(rows), rank, n_steps, 2
            ),
        ),
        **{
            f"drawn_{name}": (
                ("group", "drawn"),
                data[name].transpose("response", "rank").values[ones][:, :rank],
            )
            for name in told
        },
    }


def _of_replicates(
    data: xr.Dataset, members: list[np.ndarray], owner: np.ndarray, replicates: np.ndarray
) -> dict[str, tuple[tuple[str, ...], np.ndarray]]:
    """Medians over the responses of each replicate."""
    left = np.full((len(members), len(replicates), data.sizes["rank"]), np.nan)
    first = {name: np.full(left.shape[:2], np.nan) for name in ("frequency", "damping_ratio")}
    values = {
        name: data[name].transpose("response", "rank").values for name in ("left_over", *first)
    }
    for group, rows in enumerate(members):
        for index, number in enumerate(replicates):
            own = rows[owner[rows] == number]
            if len(own):
                left[group, index] = np.median(values["left_over"][own], axis=0)
                for name, column in first.items():
                    column[group, index] = np.median(values[name][own, 0])
    return {
        "left_over": (("group", "replicate", "rank"), left),
        **{name: (("group", "replicate"), column) for name, column in first.items()},
    }
