"""Fixed points of each replicate in the principal components of its own hidden space."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from steadyhand.errors import UserError
from steadyhand.figures import style, wording
from steadyhand.figures.pca_grid import size_of
from steadyhand.figures.pca_marks import is_by_context
from steadyhand.figures.pca_panels import draw_panels
from steadyhand.figures.source import Source, only_source
from steadyhand.point_kinds import KINDS, are_roots

_COMPONENTS = 3
_NEEDED = (
    *("hidden", "point_replicate", "point_place", "residual", "error_bound"),
    *("kind", "goal_position", "replicate"),
)


def prepare(sources: Sequence[Source], options: Mapping[str, Any]) -> xr.Dataset:
    """Scores (point, component) of every point, explained variance, and the lattice of goals.

    Each replicate has its own basis: the principal components of its fixed points (kinds `ROOTS`;
    of all its points, if these are fewer than two: see `basis_kind`), at all context inputs if
    there are several: `point_sisu` says at which a point is. Scores are relative to the
    mean of these points. A component's loading that is largest in magnitude is positive; but if
    there are several contexts, they rise along the first component.
    `variance_fraction` (replicate, component) is of the basis points. Both are 0 beyond the rank
    of the basis.

    `edge` (edge, end) holds indices along `point` of neighbouring goals' points, one point per
    goal and context: the root of smallest residual. `UserError` if there is no point at all.
    """
    source = only_source("fixed_points_pca", sources)
    points = source.dataset("fixed_points", _NEEDED)
    if not points.sizes["point"]:
        there = wording.numbers(points["replicate"].values) or "none"
        raise UserError(
            f"fixed_points_pca: model {source.model_id}: no point was found (replicates: {there})"
        )
    hidden, kind = _hidden_and_kind(source.model_id, points)
    replicates = points["replicate"].values.astype(int)
    owner = points["point_replicate"].values.astype(int)
    score, fraction, basis_kind = _projections(hidden, owner, are_roots(kind), replicates)
    if "point_sisu" in points:
        score[:, 0] *= _towards(points["point_sisu"].values, score[:, 0], owner)
    kept = ["point_replicate", "point_place", "kind", "residual", "error_bound", "goal_position"]
    kept += ["point_sisu"] if "point_sisu" in points else []
    return xr.Dataset(
        {
            "score": (("point", "component"), score),
            "variance_fraction": (("replicate", "component"), fraction),
            "basis_kind": ("replicate", basis_kind),
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
        "variance of PC1 to PC3; lines join neighbouring goals; "
        + ("all contexts have the same axes." if by_context else "colour is the goal's place.")
    )
    size = size_of(prepared.sizes["replicate"])
    return style.finish(draw_panels(prepared), title, subtitle, size, panel_titles=2)


def _hidden_and_kind(model_id: str, points: xr.Dataset) -> tuple[np.ndarray, np.ndarray]:
    hidden = points["hidden"].transpose("point", "unit").values.astype(float)
    kind = points["kind"].values.astype(str)
    if not np.isfinite(hidden).all():
        raise UserError(f"fixed_points_pca: model {model_id}: a point is not finite")
    if unknown := sorted(set(kind) - set(KINDS)):
        allowed = ", ".join(KINDS)
        raise UserError(f"fixed_points_pca: kind '{unknown[0]}': unknown; allowed: {allowed}")
    return hidden, kind


def _projections(
    hidden: np.ndarray, owner: np.ndarray, root: np.ndarray, replicates: np.ndarray
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Scores of all points; fractions and kind of basis ("fixed", "all", "none") by replicate."""
    score = np.zeros((len(hidden), _COMPONENTS))
    fraction = np.zeros((len(replicates), _COMPONENTS))
    basis_kind = []
    for index, replicate in enumerate(replicates):
        own = owner == replicate
        enough = (own & root).sum() >= 2
        basis_kind.append("none" if not own.any() else "fixed" if enough else "all")
        if own.any():
            basis = hidden[own & root if enough else own]
            score[own], fraction[index] = project(hidden[own], basis)
    return score, fraction, basis_kind


def project(hidden: np.ndarray, basis: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scores (point, 3) of `hidden` (point, unit) in the components of `basis`; variance fractions.

    Fractions are of the variance of `basis` (point, unit), and 0 where it has no more components.
    """
    mean = basis.mean(axis=0)
    _, singular, loadings = np.linalg.svd(basis - mean, full_matrices=False)
    largest = loadings[np.arange(len(loadings)), np.abs(loadings).argmax(axis=1)]
    loadings = loadings * np.where(largest < 0, -1.0, 1.0)[:, None]
    negligible = max(basis.shape) * np.finfo(float).eps * singular[0]
    count = min(_COMPONENTS, int((singular > negligible).sum()))  # beyond, directions are arbitrary
    score, fraction = np.zeros((len(hidden), _COMPONENTS)), np.zeros(_COMPONENTS)
    score[:, :count] = (hidden - mean) @ loadings[:count].T
    if count:
        fraction[:count] = (singular**2 / (singular**2).sum())[:count]
    return score, fraction


def _towards(sisu: np.ndarray, score: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """1 or −1 for each point: the sign that makes scores of its replicate rise with contexts."""
    signs = np.ones(len(score))
    for replicate in np.unique(owner):
        own = owner == replicate
        if np.dot(score[own], sisu[own] - sisu[own].mean()) < 0:
            signs[own] = -1.0
    return signs


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
