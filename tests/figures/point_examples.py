"""Small data of fixed points, and of what is made of them, to draw figures from."""

import numpy as np
import xarray as xr
from steadyhand.mode_measures import in_time


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
