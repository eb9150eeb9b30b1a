"""Directions that units prefer, as circular histograms, by training condition."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr
from plotly.subplots import make_subplots

from steadyhand.figures import style, wording
from steadyhand.figures.chosen_conditions import only_condition
from steadyhand.figures.source import Source, in_order

BINS = 24
"""Of a full turn."""

_TYPE = "unit_preferences"
_EPOCHS = {"acceleration": "while the hand speeds up", "deceleration": "while it slows down"}
_LOOKS = {"acceleration": style.CATEGORIES[0], "deceleration": style.CATEGORIES[1]}
_NEEDED = ("condition", "epoch", "preferred_angle", "explained", "change", "readout_angle")


def prepare(sources: Sequence[Source], options: Mapping[str, Any]) -> xr.Dataset:
    """Shares of the units of all networks by preferred angle, by its change, and by readout.

    Options with names of conditions choose the one that is shown. Units whose activity does not
    vary with what they are asked about prefer nothing: they are left out, and those that do so
    in both epochs are counted in `silent`. Dims: group (model), epoch, bin. `turned` says whether
    there is a change from the first condition.
    """
    ordered, column = in_order(_TYPE, sources)
    groups = [_group(source, options) for source in ordered]
    edges = np.linspace(-np.pi, np.pi, BINS + 1)
    return (
        xr.concat(groups, dim="group", coords="minimal", compat="override", join="exact")
        .assign_coords(
            group=[it.label for it in ordered], bin=np.degrees((edges[:-1] + edges[1:]) / 2)
        )
        .assign_attrs(ordering_column=column or "")
    )


def draw(prepared: xr.Dataset, options: Mapping[str, Any]) -> go.Figure:
    """A row for each model: preferred angles in both epochs, and how they have turned."""
    turned = bool(prepared["turned"].values.any())
    titles = [f"preferred {it}" for it in _EPOCHS.values()]
    titles += ["turned from the first condition"] if turned else []
    rows, columns = prepared.sizes["group"], len(titles)
    labels = [wording.wrapped(it, 44) for it in prepared["group"].values]
    figure = make_subplots(
        rows=rows,
        cols=columns,
        specs=[[{"type": "polar"}] * columns] * rows,
        subplot_titles=[f"{label}<br>{it}" for label in labels for it in titles],
        vertical_spacing=0.34 / rows,
        horizontal_spacing=0.21 / columns,
    )
    figure.update_annotations(yshift=22)  # above the tick of a quarter turn
    for index in range(rows):
        group = prepared.isel(group=index)
        for column, epoch in enumerate(_EPOCHS, start=1):
            place = {"row": index + 1, "col": column}
            figure.add_trace(_bars(group, "preferred", epoch, index == 0), **place)
            figure.add_trace(_readout(group, index == 0 and column == 1), **place)
        if turned:
            for epoch in _EPOCHS:
                figure.add_trace(_bars(group, "change", epoch, False), row=index + 1, col=3)
    figure.update_polars(
        angularaxis={"direction": "counterclockwise", "rotation": 0, "dtick": 90},
        barmode="overlay",
        bargap=0,
    )
    largest = {it: float(prepared[it].max()) for it in ("preferred", "readout", "change")}
    largest["preferred"] = max(largest["preferred"], largest["readout"])
    for column, name in enumerate(("preferred", "preferred", "change")[:columns], start=1):
        radial = {"range": [0, 1.05 * largest[name]], "tickformat": ".0%", "nticks": 4, "angle": 45}
        figure.update_polars(radialaxis=radial, col=column)
    figure.update_layout(legend={"x": 1.06, "itemsizing": "constant"})
    title = options.get("title", "Preferred directions of units, by training condition")
    size = (320 * columns + 270, 340 * rows + 30)
    return style.finish(
        figure, title, _subtitle(prepared, options), size, panel_titles=3, right=210
    )


def _group(source: Source, options: Mapping[str, Any]) -> xr.Dataset:
    data = source.dataset(_TYPE, _NEEDED)
    at = only_condition(_TYPE, source, options).transpose("epoch", "replicate", "unit", ...)
    first = data.isel(condition=0).transpose("epoch", "replicate", "unit", ...)
    explained, before = at["explained"].values, first["explained"].values
    varies = explained > 0
    return xr.Dataset(
        {
            "preferred": (("epoch", "bin"), _shares(at["preferred_angle"].values, varies)),
            # What preferred nothing before has not turned.
            "change": (("epoch", "bin"), _shares(at["change"].values, varies & (before > 0))),
            "readout": ("bin", _shares(at["readout_angle"].values[None], varies[:1] | True)[0]),
            "explained": ("epoch", [_median(it[it > 0]) for it in explained]),
            "silent": int((~varies).all(axis=0).sum()),
            "units": varies[0].size,
            "networks": data.sizes["replicate"],
            "turned": int(at["condition"]) != int(first["condition"]),
        },
        coords={"epoch": data["epoch"].values.astype(str)},
    )


def _median(values: np.ndarray) -> float:
    return float(np.median(values)) if len(values) else 0.0


def _shares(angles: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    """Share of the chosen units in each bin, by epoch; 0 where none is chosen."""
    counts = [
        np.histogram(np.remainder(a[c] + np.pi, 2 * np.pi) - np.pi, BINS, (-np.pi, np.pi))[0]
        for a, c in zip(angles, chosen, strict=True)
    ]
    return np.array([it / max(it.sum(), 1) for it in counts])


def _bars(group: xr.Dataset, name: str, epoch: str, named: bool) -> go.Barpolar:
    one = group.sel(epoch=epoch)
    explained = float(one["explained"])
    return go.Barpolar(
        theta=one["bin"].values,
        r=style.single(one[name].values),
        width=[360 / BINS] * BINS,
        name=_EPOCHS[epoch],
        marker={"color": _LOOKS[epoch], "line": {"color": "white", "width": 0.5}},
        opacity=0.6 if name == "change" else 0.85,
        legendgroup=epoch,
        showlegend=named,
        hovertemplate=f"{wording.wrapped(str(one['group'].values), 50)}<br>{_EPOCHS[epoch]}"
        "<br>%{theta:.0f}°: %{r:.1%} of units"
        f"<br>variance explained, median: {explained:.2f}<extra></extra>",
    )


def _readout(group: xr.Dataset, named: bool) -> go.Scatterpolar:
    """The outline of the histogram of the directions of readouts."""
    edges = group["bin"].values[:, None] + np.array([-180, 180]) / BINS
    r = group["readout"].values.repeat(2)
    return go.Scatterpolar(
        theta=np.append(edges.ravel(), edges.ravel()[0]),
        r=style.single(np.append(r, r[0])),
        mode="lines",
        name="readout",
        line={"color": style.INK, "width": 1.2},
        legendgroup="readout",
        showlegend=named,
        hoverinfo="skip",
    )


def _subtitle(prepared: xr.Dataset, options: Mapping[str, Any]) -> str:
    networks = wording.counts(prepared["networks"].values)
    low, high = float(prepared["explained"].min()), float(prepared["explained"].max())
    text = (
        f"Bars: share of the units of {networks} networks by the direction of the "
        f"{options.get('feature', 'feature')} that they prefer; outline: by the direction of their "
        "readout. The regressions explain "
        f"{low:.0%} to {high:.0%} of a unit's variance (medians)."
    )
    silent = int(prepared["silent"].sum())
    units = int(prepared["units"].sum())
    left_out = f" {silent} of {units} units prefer nothing, and are left out."
    return text + (left_out if silent else "")
