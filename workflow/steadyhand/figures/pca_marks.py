"""How fixed points look: coloured by their goal, or, if they are at several contexts, by those."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import xarray as xr

from steadyhand.figures import style, wording

_SYMBOLS = {
    "fixed": "circle",
    "marginal": "diamond",
    "continuum": "star",
    "slow": "triangle-up",
    "cycle": "square",
    "not_converged": "x",
}
_FILLINGS = {
    "fixed": "",
    "marginal": "-dot",
    "continuum": "-dot",
    "slow": "-open",
    "cycle": "-open",
    "not_converged": "-open-dot",
}
"""How a kind changes the symbol of a context."""
_NEUTRAL = "#555555"
_LINE = "#b0b0b0"


@dataclass(frozen=True, eq=False)
class Mark:
    """Points that look alike, but for the colour of each."""

    chosen: np.ndarray
    """(point,): which ones these are."""
    name: str
    symbol: str
    size: int
    colours: np.ndarray
    """(point,): of these and all others."""
    group: str
    """Of the legend."""


@dataclass(frozen=True, eq=False)
class Lattice:
    """Points whose neighbours are joined by lines."""

    chosen: np.ndarray
    """(point,)"""
    colour: str
    group: str | None
    """Of the legend; None: its entries are no lattices."""


def is_by_context(prepared: xr.Dataset) -> bool:
    """Whether points are at several context inputs, which colours then stand for."""
    return len(_contexts(prepared)) > 1


def marks_of(prepared: xr.Dataset) -> list[Mark]:
    """All points of what `fixed_points_pca.prepare` makes, in the order of drawing."""
    return _by_context(prepared) if is_by_context(prepared) else _by_kind(prepared)


def lattices_of(prepared: xr.Dataset) -> list[Lattice]:
    """One lattice of goals, or one for each context."""
    if not is_by_context(prepared):
        return [Lattice(np.ones(prepared.sizes["point"], bool), _LINE, None)]
    contexts = prepared["point_sisu"].values
    return [
        Lattice(contexts == sisu, style.faded(look.colour, 0.45), wording.number(sisu))
        for sisu, look in _looks(prepared).items()
    ]


def legend_of(prepared: xr.Dataset) -> tuple[str, list[go.Scatter]]:
    """The title of the legend, and its entries."""
    if not is_by_context(prepared):
        return "Symbol: kind of point", _kinds(prepared, _SYMBOLS)
    looks = _looks(prepared)
    entries = [
        _entry(wording.number(sisu), look.symbol, look.colour, wording.number(sisu))
        for sisu, look in looks.items()
    ]
    others = _kinds(prepared, {kind: f"circle{it}" for kind, it in _FILLINGS.items()})
    return "SISU", entries + (others if len(others) > 1 else [])


def goal_colours(position: np.ndarray) -> list[str]:
    """Colours of goals (goal, axis) by their place between the outermost goals."""
    low, high = position.min(axis=0), position.max(axis=0)
    span = np.where(high > low, high - low, 1.0)
    place = np.where(high > low, (position - low) / span, 0.5)
    return [style.two_dimensional_colour(float(x), float(y)) for x, y in place]


def colours_by_goal(prepared: xr.Dataset) -> np.ndarray:
    """The colour of every goal."""
    return np.array(goal_colours(prepared["goal_position"].transpose("place", "axis").values))


def _by_kind(prepared: xr.Dataset) -> list[Mark]:
    colours = colours_by_goal(prepared)[prepared["point_place"].values.astype(int)]
    kinds = prepared["kind"].values
    return [
        Mark(kinds == kind, _words(kind), symbol, 9, colours, kind)
        for kind, symbol in _SYMBOLS.items()
        if (kinds == kind).any()
    ]


def _by_context(prepared: xr.Dataset) -> list[Mark]:
    kinds, contexts = prepared["kind"].values, prepared["point_sisu"].values
    marks = []
    for sisu, look in _looks(prepared).items():
        colours = np.full(len(kinds), look.colour)
        text = wording.number(sisu)
        for kind, filling in _FILLINGS.items():
            chosen = (contexts == sisu) & (kinds == kind)
            name = f"SISU {text}, {_words(kind)}"
            if chosen.any():
                marks.append(Mark(chosen, name, look.symbol + filling, 7, colours, text))
    return marks


def _looks(prepared: xr.Dataset) -> dict[float, style.Cue]:
    contexts = _contexts(prepared)
    looks = style.cues(len(contexts), ordered=True, along=style.CONTEXTS)
    return dict(zip(contexts, looks, strict=True))


def _contexts(prepared: xr.Dataset) -> list[float]:
    return np.unique(prepared["point_sisu"].values).tolist() if "point_sisu" in prepared else []


def _kinds(prepared: xr.Dataset, symbols: dict[str, str]) -> list[go.Scatter]:
    """Entries of the kinds that there are, without colour, which means something else."""
    counts = {kind: int((prepared["kind"] == kind).sum()) for kind in symbols}
    return [
        _entry(f"{_words(kind)} ({count})", symbols[kind], _NEUTRAL, kind)
        for kind, count in counts.items()
        if count
    ]


def _entry(name: str, symbol: str, colour: str, group: str) -> go.Scatter:
    marker = {"symbol": symbol, "size": 9, "color": colour}
    return go.Scatter(
        x=[None], y=[None], mode="markers", marker=marker, name=name, legendgroup=group
    )


def _words(kind: str) -> str:
    return kind.replace("_", " ")
