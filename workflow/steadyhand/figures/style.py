"""The look of all figures: one template, palettes with a second cue, and sizes."""

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go
from plotly.colors import sample_colorscale

from steadyhand.figures.wording import number, wrapped

INK = "#222222"
"""Colour of totals, text and axes."""
FAINT = "#d9d9d9"
"""Colour of grids and guides in the background."""
EXCLUDED = "#a6a6a6"
"""Colour of excluded replicates."""
FAILED = "#b3001b"
"""Colour of the place where the training of a network failed."""

CATEGORIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f5539")
"""Okabe and Ito's colours for categories (https://jfly.uni-koeln.de/color), dark ones first.

Their yellow cannot be seen as a thin line on white: a brown stands in its place.
"""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "triangle-down", "star", "x")

ORDERED = ("Viridis", 0.85)
"""Perceptual map of what has an order, such as training conditions, and where on it to end: the
rest cannot be seen as a thin line on white."""
CONTEXTS = ("Plasma", 0.78)
"""That of context inputs, which stand beside training conditions."""

_FONT = "Helvetica, Arial, 'Liberation Sans', sans-serif"
_CORNERS = (((18, 62, 150), (150, 58, 0)), ((140, 200, 245), (255, 186, 105)))
"""Colours of the two-dimensional map, in sRGB, by [low or high y][low or high x]."""


class Cue(NamedTuple):
    """How one group looks: a colour, and a dash and a symbol that say the same without colour."""

    colour: str
    dash: str
    symbol: str


def cues(count: int, *, ordered: bool, along: tuple[str, float] = ORDERED) -> list[Cue]:
    """Looks of `count` groups, no two of one colour.

    Along a perceptual map if their order means something, or if there are not colours enough.
    """
    if count > 1 and (ordered or count > len(CATEGORIES)):
        scale, end = along
        places = [end * index / (count - 1) for index in range(count)]
        colours = [_hex(colour) for colour in sample_colorscale(scale, places)]
    else:
        colours = [CATEGORIES[index % len(CATEGORIES)] for index in range(count)]
    return [
        Cue(colour, DASHES[index % len(DASHES)], SYMBOLS[index % len(SYMBOLS)])
        for index, colour in enumerate(colours)
    ]


def two_dimensional_colour(x: float, y: float) -> str:
    """Colour of a place in the unit square: hue from blue to orange by x, lightness by y."""
    mixed = [
        (1 - y) * ((1 - x) * _CORNERS[0][0][c] + x * _CORNERS[0][1][c])
        + y * ((1 - x) * _CORNERS[1][0][c] + x * _CORNERS[1][1][c])
        for c in range(3)
    ]
    return "#" + "".join(f"{round(channel):02x}" for channel in mixed)


def single(values: np.ndarray) -> np.ndarray:
    """In single precision, which halves a page; what is too large for it as its largest number."""
    largest = np.finfo("f4").max
    return np.clip(values, -largest, largest).astype("f4")


def faded(colour: str, opacity: float) -> str:
    """A colour "#rrggbb" that lets what lies behind shine through."""
    channels = ", ".join(str(int(colour[at : at + 2], 16)) for at in (1, 3, 5))
    return f"rgba({channels}, {opacity:g})"


def log_ticks(values: Iterable[float], most: int = 16) -> dict[str, Any]:
    """A logarithmic axis with about `most` ticks, to be read over many powers of ten or within."""
    known = [value for value in values if value > 0 and math.isfinite(value)]
    axis: dict[str, Any] = {"type": "log", "exponentformat": "power", "dtick": 1}
    if not known or max(known) / min(known) > 300:
        decades = math.log10(max(known) / min(known)) if known else 1
        return axis | {"dtick": math.ceil(decades / most)}
    low, high = min(known) / 1.2, max(known) * 1.2
    wide = high > 12 * low
    digits = (1, 2, 5) if wide else (1, 1.5, 2, 3, 4, 5, 6, 8)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [digit * 10.0**power for power in powers for digit in digits]
    ticks = [tick for tick in ticks if low <= tick <= high]
    if len(ticks) < 3:  # within a fraction of a power: numbers with one digit more
        step = 10.0 ** math.floor(math.log10((high - low) / 3))
        step *= next(factor for factor in (1, 2, 5, 10) if factor * step * 5 > high - low)
        ticks = [step * count for count in range(math.ceil(low / step), int(high / step) + 1)]
    return axis | {"tickvals": ticks, "ticktext": [_power(tick) for tick in ticks]}


def _power(value: float) -> str:
    """A tick: "0.02", or "2×10⁻⁵" where there would be too many zeros."""
    if 1e-4 <= value < 1e4:
        return number(value)
    power = math.floor(math.log10(value) + 1e-9)
    digits = number(float(f"{value / 10.0**power:.3g}"))
    return f"10<sup>{power}</sup>" if digits == "1" else f"{digits}×10<sup>{power}</sup>"


def legend_height(figure: go.Figure) -> int:
    """About the height [px] that the entries of a legend need, so that it need not be scrolled."""
    shown = [trace for trace in figure.data if trace.showlegend is not False and trace.name]
    return sum(14 + 16 * (trace.name.count("<br>") + 1) for trace in shown)


def say(figure: go.Figure, text: str) -> None:
    """Say in the middle of a figure why there is nothing to see."""
    figure.add_annotation(
        text=wrapped(text, 60),
        x=0.5,
        y=0.5,
        xref="paper",
        yref="paper",
        showarrow=False,
        font={"size": 15},
        bgcolor="white",
    )


def finish(
    figure: go.Figure,
    title: str,
    subtitle: str,
    size: tuple[int, int],
    *,
    panel_titles: int = 0,
    right: int = 30,
) -> go.Figure:
    """Give a figure its template, its title (broken to fit the width) and a fixed size [px].

    `size` is its width, and its height below the title; `panel_titles` are the lines of the titles
    above the first row of panels; `right` is the margin where the legend stands [px].
    """
    width, height = size
    head = wrapped(title, round(width / 10))
    below = wrapped(subtitle, round(width / 6.8))
    top = 44 + 22 * (head.count("<br>") + 1) + 17 * (below.count("<br>") + 1)
    top += 22 * panel_titles
    figure.update_layout(
        template=TEMPLATE,
        width=width,
        height=height + top,
        margin={"t": top, "l": 70, "r": right, "b": 60},
        title={
            "text": head,
            "subtitle": {"text": below, "font": {"size": 12, "color": "#555555"}},
            "y": 1 - 26 / (height + top),
        },
    )
    return figure


def _hex(colour: str) -> str:
    channels = colour.removeprefix("rgb(").removesuffix(")").split(",")
    return "#" + "".join(f"{round(float(channel)):02x}" for channel in channels)


def _template() -> go.layout.Template:
    axis = {
        "automargin": True,
        "gridcolor": "#ececec",
        "linecolor": INK,
        "showline": True,
        "ticks": "outside",
        "tickcolor": INK,
        "zeroline": False,
        "title": {"standoff": 8, "font": {"size": 13}},
    }
    return go.layout.Template(
        layout={
            "font": {"family": _FONT, "size": 12, "color": INK},
            "paper_bgcolor": "white",
            "plot_bgcolor": "white",
            "colorway": list(CATEGORIES),
            "xaxis": axis,
            "yaxis": axis,
            "hovermode": "closest",
            "hoverlabel": {"align": "left", "bgcolor": "white", "font": {"color": INK}},
            "legend": {"x": 1.02, "y": 1, "xanchor": "left", "yanchor": "top"},
            "title": {
                "x": 0,
                "xref": "container",
                "xanchor": "left",
                "yref": "container",
                "yanchor": "top",
                "pad": {"l": 16},
                "font": {"size": 17},
            },
            "annotationdefaults": {"font": {"size": 13}},
        }
    )


TEMPLATE = _template()
