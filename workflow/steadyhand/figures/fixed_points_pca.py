"""Fixed points of each replicate in the principal components of its own hidden space."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from steadyhand.errors import UserError
from steadyhand.figures import style, wording
from steadyhand.figures.pca_basis import bases_of, scores_of, shares_of
from steadyhand.figures.pca_grid import size_of
from steadyhand.figures.pca_marks import is_by_context
from steadyhand.figures.pca_panels import draw_panels
from steadyhand.figures.source import Source, only_source
from steadyhand.point_kinds import KINDS, are_roots

_NEEDED = (
    *("hidden", "point_replicate", "point_place", "residual", "error_bound"),
    *("kind", "goal_position", "replicate", "readout_weight"),
)


def prepare(sources: Sequence[Source], options: Mapping[str, Any]) -> xr.Dataset:
    """Scores (point, component) of every point, explained variance, and the lattice of goals.

    Each replicate has its own basis: the principal components of its fixed points (kinds `ROOTS`;
    of all its points, if these are fewer than two: see `basis_kind`), at all context inputs if
    there are several: `point_sisu` says at which a point is. Scores are relative to the
    mean of these points. A component's loading that is largest in magnitude is positive; but if
    there are several contexts, they rise along the first component.
    `variance_fraction` (replicate, component) is of the basis points. Both are 0 beyond the rank
    of the basis. `readout` (replicate, axis, component) are the weights of the readout in the same
    basis, `readout_share` (replicate, axis) what part of their length that is.

    `edge` (edge, end) holds indices along `point` of neighbouring goals' points, one point per
    goal and context: the root of smallest residual.
    """
    source = only_source("fixed_points_pca", sources)
    points = source.dataset("fixed_points", _NEEDED)
    hidden, kind = _hidden_and_kind(source.model_id, points)
    replicates = points["replicate"].values.astype(int)
    owner = points["point_replicate"].values.astype(int)
    sisu = points["point_sisu"].values if "point_sisu" in points else np.zeros(len(hidden))
    bases = bases_of(hidden, sisu, owner, are_roots(kind), replicates)
    weight = points["readout_weight"].transpose("replicate", "axis", "unit").values
    readout = np.einsum("rau,rcu->rac", weight, np.array([it.loadings for it in bases]))
    kept = ["point_replicate", "point_place", "kind", "residual", "error_bound", "goal_position"]
    kept += ["point_sisu"] if "point_sisu" in points else []
    return xr.Dataset(
        {
            "score": (("point", "component"), scores_of(hidden, owner, bases, replicates)),
            "variance_fraction": (
                ("replicate", "component"),
                np.array([it.fraction for it in bases]),
            ),
            "basis_kind": ("replicate", [it.kind for it in bases]),
            "readout": (("replicate", "axis", "component"), readout),
            "readout_share": (("replicate", "axis"), shares_of(readout, weight)),
            "edge": (("edge", "end"), _edges(points, are_roots(kind))),
            **{name: (points[name].dims, points[name].values) for name in kept},
        },
        coords={"replicate": replicates, "component": [1, 2, 3]},
        attrs={"label": source.label, "model_id": source.model_id},
    )


def draw(prepared: xr.Dataset, options: Mapping[str, Any]) -> go.Figure:
    """A column per replicate, PC1 against PC2 and PC3, and the key of colours at the right."""
    by_context = is_by_context(prepared)
    shared = [prepared.attrs["label"]]
    if "point_sisu" in prepared and not by_context:
        shared.append(f"SISU {wording.number(prepared['point_sisu'].values[0])}")
    shown = f"Fixed points by {'SISU' if by_context else 'goal'}: {', '.join(shared)}"
    title = options.get("title") or shown
    subtitle = (
        "Each replicate in the principal components of its own fixed points, with the share of "
        "variance of PC1 to PC3; lines join neighbouring goals; arrows: weights of the readout of "
        "x and y, to scale among each other; "
        + ("all contexts have the same axes." if by_context else "colour is the goal's place.")
    )
    size = size_of(prepared.sizes["replicate"])
    figure = draw_panels(prepared)
    if not prepared.sizes["point"]:
        style.say(figure, "The search found no point: no start ended anywhere, or there was none.")
    return style.finish(figure, title, subtitle, size, panel_titles=2)


def _hidden_and_kind(model_id: str, points: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    hidden = points["hidden"].transpose("point", "unit").values.astype(float)
    kind = points["kind"].values.astype(str)
    if not np.isfinite(hidden).all():
        raise UserError(f"fixed_points_pca: model {model_id}: a point is not finite")
    if unknown := sorted(set(kind) - set(KINDS)):
        allowed = ", ".join(KINDS)
        raise UserError(f"fixed_points_pca: kind '{unknown[0]}': unknown; allowed: {allowed}")
    return hidden, kind


def _edges(points: xr.Dataset, root: np.ndarray) -> np.ndarray:
    """Pairs of points (edge, 2) of goals that are neighbours along x or along y.

    Only of goals: at other places, what is next to what is not a matter of where the goal is.
    """
    if not {"place_goal", "place_trial"}.isdisjoint(points.variables):
        return np.empty((0, 2), int)
    best = _best_points(points, root)
    place = points["goal_position"].transpose("place", "axis").values.round(9)
    edges = [
        (best[(*of, a)], best[(*of, b)])
        for of in sorted({key[:-1] for key in best})
        for a, b in _neighbours(place)
        if (*of, a) in best and (*of, b) in best
    ]
    return np.array(edges, dtype=int).reshape(-1, 2)


def _best_points(points: xr.Dataset, root: np.ndarray) -> dict[tuple[float, ...], int]:
    """The root of smallest residual of each replicate, condition and place, the place last."""
    names = ["point_replicate", "point_sisu", "point_field_amplitude", "point_place"]
    there = [points[name].values.tolist() for name in names if name in points]
    keys = list(zip(*there, strict=True))
    residual = points["residual"].values
    return {
        keys[point]: int(point)
        for point in sorted(np.flatnonzero(root), key=lambda p: (residual[p], p), reverse=True)
    }


def _neighbours(position: np.ndarray) -> list[tuple[int, int]]:
    """Pairs of goals, of positions (goal, axis), that are next to each other along an axis."""
    pairs: list[tuple[int, int]] = []
    for moving, fixed in ((0, 1), (1, 0)):
        order = np.lexsort((position[:, moving], position[:, fixed])).tolist()
        pairs += [(a, b) for a, b in pairwise(order) if position[a, fixed] == position[b, fixed]]
    return pairs
