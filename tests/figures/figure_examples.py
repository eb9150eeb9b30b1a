"""Small data of known geometry, in the layout of the artefacts, to draw figures from."""

import itertools
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from steadyhand.figures.source import Source
from steadyhand.identity import SCHEMA_VERSION
from steadyhand.mode_measures import in_time
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


def goals(side=5) -> np.ndarray:
    """A square lattice of goals (goal, axis) [m], y fastest."""
    places = np.linspace(-2 / 3, 2 / 3, side) if side > 1 else np.zeros(1)
    return np.stack(np.meshgrid(places, places, indexing="ij"), axis=-1).reshape(-1, 2)


def fixed_points(
    replicates=(0, 2), side=5, units=12, bend=0.0, kinds=("fixed",), contexts=None
) -> xr.Dataset:
    """One point per goal on a plane in hidden space, bent by `bend`·x·y into a third direction.

    With `contexts` s each replicate has such a plane for each of them, s away along unit 0.
    """
    if contexts:
        planes = [fixed_points(replicates, side, units, bend, kinds) for _ in contexts]
        for plane, sisu in zip(planes, contexts, strict=True):
            plane["hidden"][:, 0] += sisu
            plane["point_sisu"] = ("point", np.full(plane.sizes["point"], sisu))
        joined = xr.concat(planes, dim="point", data_vars="minimal", coords="minimal", join="exact")
        return joined.assign_coords(sisu=list(contexts))
    place = goals(side)
    bases = [
        np.linalg.qr(np.random.default_rng(r).standard_normal((units, 3)))[0].T for r in replicates
    ]
    bent = np.column_stack([3 * place[:, 0], place[:, 1], bend * place[:, 0] * place[:, 1]])
    hidden = np.concatenate([0.3 + bent @ basis for basis in bases])
    count = len(hidden)
    return xr.Dataset(
        {
            "hidden": (("point", "unit"), hidden),
            "point_replicate": ("point", np.repeat(replicates, len(place))),
            "point_place": ("point", np.tile(np.arange(len(place)), len(replicates))),
            "residual": ("point", np.full(count, 1e-15)),
            "error_bound": ("point", np.full(count, 4e-15)),
            "kind": ("point", np.array([kinds[i % len(kinds)] for i in range(count)])),
            "goal_position": (("place", "axis"), place),
            "readout_weight": (
                ("replicate", "axis", "unit"),
                np.array([2 * basis[0:2] + basis[[2, 2]] for basis in bases]),
            ),
        },
        coords={"replicate": list(replicates), "axis": ["x", "y"]},
    )


def linearization(replicates=(0, 2), radius=0.9, side=2, units=8, contexts=None) -> xr.Dataset:
    """Complex pairs at magnitudes up to `radius`; replicate r turns them by 0.03 r rad.

    With `contexts` s each replicate has points at each of them, 1 + s/10 times as far from 0.
    """
    if contexts:
        parts = [linearization(replicates, radius * (1 + s / 10), side, units) for s in contexts]
        marked = [
            part.assign(point_sisu=("point", np.full(part.sizes["point"], s)))
            for part, s in zip(parts, contexts, strict=True)
        ]
        joined = xr.concat(marked, dim="point", data_vars="minimal", coords="minimal", join="exact")
        return joined.assign_coords(sisu=list(contexts))
    place = goals(side)
    angle = np.linspace(0.1, np.pi - 0.1, units // 2)
    angle = np.concatenate([angle, -angle])
    count = len(place) * len(replicates)
    turn = 0.03 * np.repeat(replicates, len(place))[:, None] * np.sign(angle)
    size = radius * np.linspace(0.5, 1, units // 2)[None, :].repeat(2, axis=0).ravel()
    told = in_time(size * np.exp(1j * (angle + turn)), 0.05)
    return xr.Dataset(
        {
            "frequency": (("point", "mode"), told.frequency),
            "damping_ratio": (("point", "mode"), told.damping_ratio),
            "spectral_radius": ("point", np.full(count, radius)),
            "henrici": ("point", np.zeros(count)),
            "eigenvalue_re": (("point", "mode"), size * np.cos(angle + turn)),
            "eigenvalue_im": (("point", "mode"), size * np.sin(angle + turn)),
            "stable": ("point", np.full(count, radius < 1, "i1")),
            "kind": ("point", np.full(count, "fixed")),
            "point_replicate": ("point", np.repeat(replicates, len(place))),
            "point_place": ("point", np.tile(np.arange(len(place)), len(replicates))),
            "goal_position": (("place", "axis"), place),
        },
        coords={"replicate": list(replicates), "axis": ["x", "y"]},
    )


def linear_response(
    replicates=(0, 2), contexts=(0.0,), fields=(0.0, 1.0), amplitudes=(0.001, 0.1), steps=30
) -> xr.Dataset:
    """An offset a to some direction moves the hand by a·(1 + sisu + field)·sin along it.

    What is simulated is 1 + a times as large, so that the relative error is a/(1 + a). Responses by
    frequency are those of `frequency_response`, times 1 + field.
    """
    rows = [(r, s, f) for r in replicates for s in contexts for f in fields for _ in range(2)]
    owner, sisu, field = np.array(rows, float).T
    angle = np.pi / 2 * np.arange(4)
    unit = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    time, length = 0.05 * np.arange(1, steps + 1), np.array(amplitudes, float)
    size = np.einsum("p,a,t->pat", 1 + sisu + field, length, np.sin(4 * time))
    predicted = np.einsum("pat,dx->padtx", size, unit)
    dims = ("point", "amplitude", "direction")
    error = np.broadcast_to((length / (1 + length))[None, :, None], predicted.shape[:3])
    factor = (1 + length)[None, :, None, None, None]
    frequency = np.linspace(0, 10, 101)
    lag = -1 / (1 + 1j * frequency)
    gains = np.einsum("p,f,ij->pfij", (1 + owner) * (1 + field), lag, np.eye(2))
    of_frequency = ("point", "frequency", "axis", "noise_axis")
    by_frequency = {
        f"{sensed}_response_{part}": (of_frequency, strength * getattr(gains, name))
        for sensed, strength in (("position", 2.0), ("velocity", 1.0))
        for part, name in (("re", "real"), ("im", "imag"))
    }
    return xr.Dataset(
        {
            **by_frequency,
            "predicted": ((*dims, "time", "axis"), predicted),
            "simulated": ((*dims, "time", "axis"), predicted * factor),
            "relative_error": (dims, error),
            "point_replicate": ("point", owner.astype(int)),
            "point_sisu": ("point", sisu),
            "point_field_amplitude": ("point", field),
        },
        coords={
            "replicate": list(replicates),
            "amplitude": length,
            "direction": angle,
            "time": time,
            "frequency": frequency,
            "axis": ["x", "y"],
        },
    )


def modal_response(
    replicates=(0, 2, 5), contexts=(0.0, 2.0), amplitudes=(0.001, 0.1), modes=5, steps=30
) -> xr.Dataset:
    """Two decaying circles, of which mode k has 1/2^k of the response, at two goals.

    Trials of amplitude a do 1 + a times (1 + 0.1 · replicate) of what is predicted.
    """
    rows = [
        (r, s, a, g) for r in replicates for s in contexts for a in amplitudes for g in (0.0, 1.0)
    ]
    owner, sisu, length, goal = np.array(rows, float).reshape(-1, 4).T
    time = 0.05 * np.arange(1, steps + 1)
    angle = (4 + sisu)[:, None] * time
    path = length[:, None, None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    path = path * np.exp(-time)[:, None]
    share = 0.5 ** np.arange(1, modes + 1)
    factor = 1 + length * (1 + 0.1 * owner)
    of_rank = ("response", "rank")
    value = np.broadcast_to(0.9 * np.exp(1j * np.arange(modes)), (len(rows), modes))
    return xr.Dataset(
        {
            "evaluated": (("response", "time", "component"), path * factor[:, None, None]),
            "predicted": (("response", "time", "component"), path),
            "relative_error": ("response", 1 - 1 / factor),
            "mode_path": (
                ("response", "rank", "time", "component"),
                path[:, None] * share[:, None, None],
            ),
            "left_over": (of_rank, np.tile(1 - np.cumsum(share), (len(rows), 1))),
            "frequency": (of_rank, sisu[:, None] + np.arange(modes)),
            "damping_ratio": (of_rank, 0.1 * owner[:, None] + 0 * np.arange(modes)),
            "eigenvalue_re": (of_rank, value.real),
            "eigenvalue_im": (of_rank, value.imag),
            "impulse_amplitude": ("response", length),
            "sisu": ("response", sisu),
            "field_amplitude": ("response", np.zeros(len(rows))),
            "goal": (("response", "axis"), np.stack([goal, goal], axis=1)),
            "response_replicate": ("response", owner.astype(int)),
            "left_out": ("replicate", np.zeros(len(replicates), int)),
        },
        coords={
            "replicate": list(replicates),
            "rank": np.arange(modes),
            "time": time,
            "component": ["parallel", "lateral"],
            "axis": ["x", "y"],
        },
    )


def mode_tracks(replicates=(0, 2), contexts=(0.0, 2.0), side=3) -> xr.Dataset:
    """A pair whose angle grows with the context, and two real modes that shrink."""
    place = goals(side)
    rows = [(r, s, p) for r in replicates for s in contexts for p in range(len(place))]
    owner, sisu, number = np.array(rows, float).T
    away = 0.01 * (number - number.mean())
    pair = (0.8 + away) * np.exp(1j * (0.1 + 0.1 * sisu))
    values = np.stack([pair, pair.conj(), 0.6 - 0.1 * sisu + away, 0.3 + 0 * sisu], axis=1)
    return xr.Dataset(
        {
            "eigenvalue_re": (("point", "track"), values.real),
            "eigenvalue_im": (("point", "track"), values.imag),
            "sure": ("point", np.ones(len(rows), "i1")),
            "point_replicate": ("point", owner.astype(int)),
            "point_place": ("point", number.astype(int)),
            "point_sisu": ("point", sisu),
            "goal_position": (("place", "axis"), place),
        },
        coords={"replicate": list(replicates), "axis": ["x", "y"]},
    )


def branches(replicates=(0, 2), per_replicate=3, steps=20, kinds=("fold", "flip")) -> xr.Dataset:
    """Spectral radii 0.8 + 0.1·p for p from 0 to 4, so that stability ends at 2; p moves the hand.

    Branch k of a replicate is 0.01·k more stable; each has one bifurcation, of these kinds in turn.
    """
    count = len(replicates) * per_replicate
    p = np.linspace(0, 4, steps)
    offset = 0.01 * np.tile(np.arange(per_replicate), len(replicates))
    radius = (0.8 + 0.1 * p[None] - offset[:, None]).ravel()
    names = np.array([kinds[k % len(kinds)] for k in range(count)], object)
    crossing = np.where(names == "flip", -1.0, 1.0)
    angle = np.linspace(0, 2.5, 4)
    values = radius[:, None] * np.exp(1j * angle) * np.linspace(1, 0.4, 4)
    position = np.stack([np.tile(p, count), np.zeros(count * steps)], axis=1)
    unit = {"units": "N s m-1"}
    return xr.Dataset(
        {
            "step_branch": ("step", np.repeat(np.arange(count), steps)),
            "parameter": ("step", np.tile(p, count), unit),
            "spectral_radius": ("step", radius),
            "eigenvalue_re": (("step", "leading_mode"), values.real),
            "eigenvalue_im": (("step", "leading_mode"), values.imag),
            "position": (("step", "axis"), position),
            "command": (("step", "axis"), 0 * position),
            "branch_replicate": ("branch", np.repeat(replicates, per_replicate)),
            "start_parameter": ("branch", np.zeros(count), unit),
            "event_branch": ("event", np.arange(count)),
            "event_kind": ("event", names),
            "event_parameter": ("event", 2 + 10 * offset, unit),
            "event_eigenvalue_re": ("event", crossing),
            "event_eigenvalue_im": ("event", np.zeros(count)),
        },
        coords={"replicate": list(replicates), "axis": ["x", "y"]},
    )


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
