"""Small data of trainings and evaluations, of known geometry, to draw figures from."""

import itertools
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from steadyhand.figures.source import Source
from steadyhand.identity import SCHEMA_VERSION
from steadyhand.store.tables import write_measures

DIGEST, ID = "a" * 64, "b" * 16

TERMS = ["effector_position", "effector_final_velocity", "nn_output", "nn_hidden"]


def history(
    replicates=(0, 1, 2), excluded=(), batches=50, level=1.0, failed=(), snapshots=(0, 10, 40)
) -> xr.Dataset:
    """Power laws: term t of replicate r is level · 10^(r − t) / (1 + batch).

    The validation loss is 100 · 2^r / (1 + snapshot), the readout's norm 1 + r + snapshot / 100.
    What is `failed` ({replicate: batch}) has no loss from there on, and is excluded.
    """
    batch, count, failed = np.arange(batches), len(replicates), dict(failed)
    scale = level * 10.0 ** (np.arange(count)[None, :] - np.arange(len(TERMS))[:, None])
    terms = scale[:, :, None] / (1 + batch)
    diverged = np.array([failed.get(r, -1) for r in replicates], int)
    terms[:, (diverged[:, None] >= 0) & (batch >= diverged[:, None])] = np.nan
    snapshot, index = np.array(snapshots), np.arange(count)[:, None]
    reasons = {r: f"loss not finite in batch {at}" for r, at in failed.items()}
    reasons = {**dict.fromkeys(excluded, "validation_loss beyond the rule 'mad'"), **reasons}
    return xr.Dataset(
        {
            "loss": (("replicate", "batch"), terms.sum(axis=0)),
            "loss_term": (("term", "replicate", "batch"), terms),
            "validation_loss": (("replicate", "snapshot"), 100 * 2.0**index / (1 + snapshot)),
            "readout_norm": (("replicate", "snapshot"), 1 + index + snapshot / 100),
            "chosen_batch": ("replicate", np.full(count, batches - 10)),
            "included": ("replicate", np.array([r not in reasons for r in replicates], "i1")),
            "exclusion_reason": ("replicate", [reasons.get(r, "") for r in replicates]),
            "diverged_batch": ("replicate", diverged),
            "failure": (
                "replicate",
                ["loss not finite" if r in failed else "" for r in replicates],
            ),
            **{name: ("batch", np.ones(batches)) for name in ("field_scale", "noise_scale")},
            "learning_rate": ("batch", np.full(batches, 0.01)),
            "resets_optimizer": ("batch", np.zeros(batches, "i1")),
            **{f"trains_{it}": ("batch", np.ones(batches, "i1")) for it in ("hidden", "readout")},
        },
        coords={
            "term": TERMS,
            "replicate": list(replicates),
            "batch": batch,
            "snapshot": snapshot,
        },
    )


def states(
    angles=(0.7,),
    lengths=(0.5,),
    bow=0.0,
    replicates=(0, 2),
    amplitudes=(0.0,),
    steps=21,
    contexts=None,
) -> xr.Dataset:
    """Reaches with a half-sine bow [m] to the left; replicate r bows (1 + r) times as much.

    At the context input s, if there are `contexts`, it bows 2⁻ˢ times as much.
    """
    trials = [
        (angle, length, a, s)
        for a in amplitudes
        for s in contexts or (0.0,)
        for length in lengths
        for angle in angles
    ]
    angle, length, amplitude, sisu = np.array(trials).T
    start = np.stack([0.1 * np.arange(len(trials)), -0.2 * np.ones(len(trials))], axis=1)
    along = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    left = np.stack([-along[:, 1], along[:, 0]], axis=1)
    fraction = np.linspace(0, 1, steps)
    s = 10 * fraction**3 - 15 * fraction**4 + 6 * fraction**5  # minimum jerk
    size = bow * (1 + np.array(replicates, float))
    forth = length[:, None, None, None] * s[None, None, :, None] * along[:, None, None, :]
    side = (
        size[None, :, None, None] * np.sin(np.pi * s)[None, None, :, None] * left[:, None, None, :]
    )
    side *= 2.0 ** -sisu[:, None, None, None]
    path = forth + side
    time = 0.05 * np.arange(steps)
    velocity = np.gradient(path, time, axis=2)
    dims = ("trial", "replicate", "time", "axis")
    return xr.Dataset(
        {
            "position": (dims, start[:, None, None, :] + path),
            "velocity": (dims, velocity),
            "force": (dims, np.gradient(velocity, time, axis=2)),
            "start": (("trial", "axis"), start),
            "goal": (("trial", "axis"), start + length[:, None] * along),
            "field_amplitude": ("trial", amplitude),
            **({"sisu": ("trial", sisu)} if contexts else {}),
        },
        coords={
            "trial": np.arange(len(trials)),
            "replicate": list(replicates),
            "time": time,
            "axis": ["x", "y"],
        },
    )


def responses(
    angles=(0.7, 2.0), bow=0.1, replicates=(0, 2), amplitudes=(0.5,), onset=5, steps=21
) -> xr.Dataset:
    """Hands that an impulse sends back along it by its amplitude [m], in a bow to the left.

    The bow of replicate r is (1 + r) times as wide.
    """
    trials = [(a, angle) for a in amplitudes for angle in angles]
    reach = states([it[1] for it in trials], (1.0,), bow, replicates, steps=steps - onset)
    still = reach.isel(time=[0] * onset)
    moved = xr.concat([still, reach], "time", data_vars="minimal", coords="minimal")
    amplitude = np.array([it[0] for it in trials])
    size = xr.DataArray(amplitude, dims="trial")
    for name in ("position", "velocity", "force"):
        origin = moved["start"] if name == "position" else 0
        moved[name] = origin + size * (moved[name] - origin)
    windows = {"impulse_onset": onset, "impulse_duration": 3}
    return moved.drop_vars(["goal", "field_amplitude"]).assign(
        impulse_amplitude=("trial", amplitude),
        impulse_direction=("trial", np.array([it[1] for it in trials])),
        field_amplitude=("trial", np.zeros(len(trials))),
        time=0.05 * np.arange(steps),
        **{name: ("trial", np.full(len(trials), it)) for name, it in windows.items()},
    )


def frequency_response(stiffness=2.0, damping=1.0, replicates=(0, 2), conditions=(0,)):
    """A spring and damper with a lag: H = −k / (1 + i f), for noise along the same axis.

    Replicate r has (1 + r) times the gain; other axes have none.
    """
    frequency = np.fft.rfftfreq(200, 0.05)[1:]
    lag = 1 / (1 + 1j * frequency)
    variables = {}
    dims = ("condition", "replicate", "frequency", "noise_axis", "axis")
    for sensed, strength in (("position", stiffness), ("velocity", damping)):
        gains = strength * (1 + np.array(replicates, float))
        shape = (len(conditions), len(replicates), len(frequency), 2, 2)
        response = np.zeros(shape, complex)
        for axis in (0, 1):
            response[..., axis, axis] = -gains[None, :, None] * lag
        variables[f"{sensed}_gain"] = (dims, np.abs(response))
        variables[f"{sensed}_phase"] = (dims, np.angle(response))
        variables[f"{sensed}_coherence"] = (dims, np.full(shape, 0.9))
    variables["field_amplitude"] = ("condition", np.array(conditions, float))
    return xr.Dataset(
        variables,
        coords={
            "condition": list(conditions),
            "replicate": list(replicates),
            "frequency": frequency,
            "noise_axis": ["x", "y"],
            "axis": ["x", "y"],
        },
    )


def tangled(
    values=((1.0, 10.0), (2.0, 20.0)), replicates=(0, 3), amplitudes=(0.0, 0.0)
) -> xr.Dataset:
    """Root mean squares (trial, replicate) of trials with these amplitudes of the field."""
    return xr.Dataset(
        {
            "rms": (("trial", "replicate"), np.array(values, float)),
            "field_amplitude": ("trial", np.array(amplitudes, float)),
        },
        coords={"replicate": list(replicates)},
    )


def preferences(angles=(0.1, 0.1, 2.0), turn=0.5, explained=0.8, conditions=(0, 1)) -> xr.Dataset:
    """Units that prefer `angles`, and `turn` more in each further condition."""
    dims = ("condition", "replicate", "epoch", "unit")
    shape = (len(conditions), 2, 2, len(angles))
    change = turn * np.arange(len(conditions))[:, None, None, None] + np.zeros(shape)
    return xr.Dataset(
        {
            "preferred_angle": (dims, np.array(angles) + change),
            "change": (dims, change),
            "explained": (dims, np.full(shape, explained)),
            "readout_angle": (("replicate", "unit"), np.full((2, len(angles)), -3.0)),
            "field_amplitude": ("condition", np.array(conditions, float)),
        },
        coords={
            "condition": list(conditions),
            "epoch": ["acceleration", "deceleration"],
            "replicate": [0, 2],
        },
    )


def components(variance=(4.0, 2.0, 1.0, 1.0), ratios=((2.0, 3.0),), amplitudes=(0.0,)):
    """Two networks whose components have these variances."""
    share = np.array(variance) / np.sum(variance)
    return xr.Dataset(
        {
            "explained": (("replicate", "rank"), np.array([share, share])),
            "participation_ratio_of_condition": (("condition", "replicate"), np.array(ratios)),
            "field_amplitude": ("condition", np.array(amplitudes)),
        },
        coords={"replicate": [0, 1]},
    )


def measured(folder, rows=None, kind="measures", place=f"{DIGEST}/{ID}.parquet") -> Path:
    """A table of a measure "max_net_force" of two networks, at a SISU of 0 and of 1."""
    origin = {"kind": kind, "digest": DIGEST, "id": ID, "schema_version": SCHEMA_VERSION}
    few = {"replicate": [0, 1, 0, 1], "max_net_force": [1.0, 3.0, 2.0, None], "sisu": [0, 0, 1, 1]}
    path = folder / "measures" / place
    path.parent.mkdir(parents=True, exist_ok=True)
    about = {"max_net_force": {"unit": "N s m-1", "definition": "largest force"}}
    write_measures(path, [pd.DataFrame(rows or few)], {"provenance": origin, "measures": about})
    return path


def source(role: str, dataset: xr.Dataset, std: float = 1.0, model_id: str = "0" * 16) -> Source:
    """A model trained in a curl field of this standard deviation."""
    return Source(model_id, f"curl std {std:g}", {"train.field.std": std}, {role: dataset})


def sources(role: str, data: Iterable[xr.Dataset], stds: Iterable[float] | None = None):
    """A model for each dataset, with these standard deviations, or 0, 1, 2, …"""
    numbered = zip(data, itertools.count() if stds is None else stds, strict=False)
    return [source(role, it, std=std, model_id=str(std)) for it, std in numbered]


def trainings(count: int, excluded=(1,), failed=(), weights=(0.0, 0.01), **columns) -> list[Source]:
    """Models of five replicates: fields by weights of the readout's norm, as many as asked for.

    `excluded` and `failed` are those of the last model. Losses and norms grow with the field.
    """
    sources = []
    for index in range(count):
        std, weight = index // len(weights) / 2, weights[index % len(weights)]
        is_last = index == count - 1
        data = history(
            range(5), excluded if is_last else (), level=1 + std, failed=failed if is_last else ()
        )
        data["validation_loss"] = data["validation_loss"] * (1 + std)
        data["readout_norm"] = 1 + std + data["readout_norm"] / 10
        condition = {
            "train.field.std": std,
            "train.loss.readout_norm": weight,
            "train.loss.readout_norm_value": 2.0,
            **{f"train.{name.replace('__', '.')}": it[index] for name, it in columns.items()},
        }
        label = f"field.std = {std:g}, loss.readout_norm = {weight:g}"
        sources.append(Source(f"{index:016x}", label, condition, {"history": data}))
    return sources


def meta(figure_type: str, **changes) -> dict:
    """What a figure says about itself."""
    return {
        "figure_id": "0123456789abcdef",
        "type": figure_type,
        "title": f"A figure of type {figure_type}",
        "conditions": {"train.field.std": [0, 1.0]},
        "sources": ["0" * 16],
        "provenance": {"kind": "figure", "id": "0123456789abcdef"},
    } | changes
