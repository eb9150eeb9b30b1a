"""Panels of densities of modes, and of numbers of every replicate by group."""

import numpy as np
import plotly.graph_objects as go
import xarray as xr
from plotly.subplots import make_subplots

from steadyhand.figures import style, wording
from steadyhand.figures.curve_traces import cues_of

HEIGHT = 760
"""Of all panels [px]."""
_TITLES = {
    "highest_frequency": ("Wings: fastest lasting mode", "frequency [Hz]"),
    "near_zero": ("Cloud near zero", "share of modes [1]"),
    "oscillating": ("Modes that oscillate", "share of modes [1]"),
    "spectral_radius": ("Slowest mode", "largest |λ| [1]"),
}
_TICKS = ([0, np.pi / 4, np.pi / 2, 3 * np.pi / 4, np.pi], ["0", "π/4", "π/2", "3π/4", "π"])


def add_panels(prepared: xr.Dataset) -> go.Figure:
    """All panels: two densities above, four numbers below."""
    titles = ["Magnitudes", "Angles", *(title for title, _ in _TITLES.values())]
    figure = make_subplots(
        rows=2,
        cols=4,
        specs=[[{"colspan": 2}, None, {"colspan": 2}, None], [{}] * 4],
        subplot_titles=titles,
        horizontal_spacing=0.075,
        vertical_spacing=0.16,
    )
    looks = cues_of(prepared)
    for group, look in enumerate(looks):
        for name, column in (("magnitude", 1), ("angle", 3)):
            for trace in _densities(prepared, group, name, look):
                figure.add_trace(trace, row=1, col=column)
        for index, name in enumerate(_TITLES):
            figure.add_trace(_marks(prepared, group, name, look), row=2, col=1 + index)
    for index, (name, (_, unit)) in enumerate(_TITLES.items()):
        figure.add_trace(_joined(prepared, name), row=2, col=1 + index)
        figure.update_yaxes(title=unit, row=2, col=1 + index)
        labels = [wording.wrapped(it, 14) for it in prepared["group"].values]
        figure.update_xaxes(
            tickvals=list(range(len(labels))),
            ticktext=labels,
            range=[-0.5, len(labels) - 0.5],
            row=2,
            col=1 + index,
        )
    figure.update_xaxes(title="|λ| [1]", row=1, col=1)
    figure.update_yaxes(title="density [1]", rangemode="tozero", row=1, col=1)
    values, texts = _TICKS
    figure.update_xaxes(title="|∠λ| [rad]", tickvals=values, ticktext=texts, row=1, col=3)
    figure.update_yaxes(title="density [1/rad]", type="log", exponentformat="power", row=1, col=3)
    return figure


def _densities(prepared: xr.Dataset, group: int, name: str, look: style.Cue) -> list[go.Scatter]:
    label = str(prepared["group"].values[group])
    values = prepared[f"of_{name}"].values[group]
    there = np.isfinite(values).all(axis=1)
    edges = prepared[f"{name}_edge"].values
    traces = []
    for row, number in zip(values[there], prepared["replicate"].values[there], strict=True):
        traces.append(_steps(edges, row, label, look, f"replicate {number}", 0.7))
    if there.any():
        mean = _steps(edges, values[there].mean(axis=0), label, look, "mean", 2.6)
        traces.append(mean.update(opacity=1, showlegend=name == "magnitude"))
    return traces


def _steps(
    edges: np.ndarray, values: np.ndarray, label: str, look: style.Cue, of: str, width: float
) -> go.Scatter:
    """A density as a line of steps; a logarithmic axis leaves out where it is 0."""
    return go.Scatter(
        x=style.single(edges),
        y=style.single(np.append(values, values[-1])),
        mode="lines",
        line={"color": look.colour, "width": width, "shape": "hv"},
        opacity=0.35,
        name=wording.wrapped(label, 22),
        legendgroup=label,
        showlegend=False,
        hovertemplate=f"{wording.wrapped(label, 50)}, {of}<br>from %{{x:.3g}}: %{{y:.3g}}"
        "<extra></extra>",
    )


def _marks(prepared: xr.Dataset, group: int, name: str, look: style.Cue) -> go.Scatter:
    label = str(prepared["group"].values[group])
    values = prepared["statistic"].sel(name=name).values[group]
    there = np.isfinite(values)
    return go.Scatter(
        x=np.full(there.sum(), group),
        y=style.single(values[there]),
        customdata=prepared["replicate"].values[there],
        mode="markers",
        marker={"color": look.colour, "symbol": look.symbol, "size": 8, "opacity": 0.8},
        legendgroup=label,
        showlegend=False,
        hovertemplate=f"{wording.wrapped(label, 50)}, replicate %{{customdata}}<br>%{{y:.4g}}"
        "<extra></extra>",
    )


def _joined(prepared: xr.Dataset, name: str) -> go.Scatter:
    """Thin lines between the marks of a replicate, as one line with gaps."""
    values = prepared["statistic"].sel(name=name).transpose("replicate", "group").values
    gap = np.full((len(values), 1), np.nan)
    x = np.tile(np.append(np.arange(values.shape[1], dtype=float), np.nan), len(values))
    return go.Scatter(
        x=style.single(x),
        y=style.single(np.concatenate([values, gap], axis=1).ravel()),
        mode="lines",
        line={"color": style.EXCLUDED, "width": 0.8},
        hoverinfo="skip",
        showlegend=False,
    )
