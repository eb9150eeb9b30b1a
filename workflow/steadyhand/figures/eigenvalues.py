"""Eigenvalues of linearizations at fixed points, in the complex plane, by training condition."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import xarray as xr
from plotly.subplots import make_subplots

from steadyhand.errors import UserError
from steadyhand.figures import style
from steadyhand.figures.source import ROOTS, Source, in_order

COLUMNS = 5
"""Panels side by side; further models go into further rows."""
SVG_LIMIT = 20_000
"""Eigenvalues beyond which the browser draws them as one image (WebGL), not as elements."""

_WIDTH, _LARGEST_SIDE, _GAP, _ROW_GAP, _LEGEND = 1240, 460, 58, 130, 110
"""Width of a panel, spaces between columns and rows, and room for the legend [px]."""
_NEEDED = (
    *("eigenvalue_re", "eigenvalue_im", "stable", "kind"),
    *("point_replicate", "point_goal"),
)


def prepare(sources: Sequence[Source], options: Mapping[str, Any]) -> xr.Dataset:
    """Eigenvalues at fixed points, flat along `eigenvalue`: group (model), replicate, goal, kind.

    `magnitude` is |λ|; `angle` [rad] is in [−π, π]; `frequency` [Hz] = |angle| / (2π time_step) is
    there if the options have a positive `time_step` [s]. `stable_count` and `unstable_count`
    (group) count fixed points; `other_count`, points of kinds that are none (not in `ROOTS`),
    which are left out. `UserError` if no model has a linearization to show.
    """
    ordered, column = in_order("eigenvalues", sources)
    time_step = options.get("time_step")
    if time_step is not None and not time_step > 0:
        raise UserError(f"eigenvalues: time_step {time_step}: must be positive [s]")
    parts = [_flat(index, source) for index, source in enumerate(ordered)]
    if not any(part.sizes["eigenvalue"] for part in parts):
        models = ", ".join(source.model_id for source in ordered)
        raise UserError(f"eigenvalues: no linearization of a fixed point in the models {models}")
    prepared = xr.concat(
        parts, dim="eigenvalue", data_vars="all", coords="minimal", compat="override", join="exact"
    )
    eigenvalue = prepared["re"].values + 1j * prepared["im"].values
    prepared["magnitude"] = ("eigenvalue", np.abs(eigenvalue))
    prepared["angle"] = ("eigenvalue", np.angle(eigenvalue))
    if time_step is not None:
        prepared["frequency"] = np.abs(prepared["angle"]) / (2 * np.pi * float(time_step))
    counts = np.array([_counts(source.data["linearization"]) for source in ordered])
    for index, name in enumerate(("stable_count", "unstable_count", "other_count")):
        prepared[name] = ("group", counts[:, index])
    prepared = prepared.assign_coords(group=[source.label for source in ordered])
    return prepared.assign_attrs(ordering_column=column or "")


def draw(prepared: xr.Dataset, options: Mapping[str, Any]) -> go.Figure:
    """A panel per model with the unit circle; colour and symbol by replicate."""
    count = prepared.sizes["group"]
    columns = min(count, COLUMNS)
    rows = -(-count // columns)
    limits = _limits(prepared)
    titles = [_panel_title(prepared.isel(group=g)) for g in range(count)]
    side = min(_LARGEST_SIDE, (_WIDTH - _LEGEND - 70 - (columns - 1) * _GAP) // columns)
    panel = side * (limits[1][1] - limits[1][0]) / (limits[0][1] - limits[0][0])
    inside = (columns * side + (columns - 1) * _GAP, rows * panel + (rows - 1) * _ROW_GAP)
    figure = make_subplots(
        rows=rows,
        cols=columns,
        subplot_titles=titles,
        horizontal_spacing=_GAP / inside[0],
        vertical_spacing=_ROW_GAP / inside[1],
    )
    kind_of_trace = go.Scattergl if prepared.sizes["eigenvalue"] > SVG_LIMIT else go.Scatter
    replicates = np.unique(prepared["replicate"].values)
    looks = style.cues(len(replicates), ordered=False)
    for group in range(count):
        place = {"row": group // columns + 1, "col": group % columns + 1}
        figure.add_trace(_unit_circle(), **place)
        for replicate, look in zip(replicates, looks, strict=True):
            trace = _trace(prepared, group, int(replicate), look)
            figure.add_trace(kind_of_trace(trace), **place)
        _dress(figure, place, limits, y_title=group % columns == 0)
    for replicate, look in zip(replicates, looks, strict=True):
        figure.add_trace(_legend_entry(int(replicate), look), row=1, col=1)
    figure.update_layout(legend={"title": {"text": "replicate"}, "itemsizing": "constant"})
    title = options.get("title") or "Eigenvalues at the fixed points, by training condition"
    subtitle = "Unit circle dotted: inside it, a mode decays."
    if prepared.attrs["ordering_column"]:
        subtitle += f" Panels by increasing {prepared.attrs['ordering_column']}."
    lines = 1 + max(text.count("<br>") for text in titles)
    size = (round(inside[0]) + 70 + _LEGEND, round(inside[1]) + 60)
    return style.finish(figure, title, subtitle, size, panel_titles=lines, right=_LEGEND)


def _flat(index: int, source: Source) -> xr.Dataset:
    linearization = source.dataset("linearization", _NEEDED)
    linearization = linearization.isel(point=np.flatnonzero(_is_root(linearization)))
    sizes = linearization.sizes["point"], linearization.sizes["mode"]

    def spread(name: str) -> np.ndarray:
        return np.broadcast_to(linearization[name].values[:, None], sizes).ravel()

    parts = {
        part: linearization[f"eigenvalue_{part}"]
        .transpose("point", "mode")
        .values.ravel()
        .astype(float)
        for part in ("re", "im")
    }
    if not all(np.isfinite(values).all() for values in parts.values()):
        raise UserError(f"eigenvalues: model {source.model_id}: an eigenvalue is not finite")
    columns = parts | {
        "group_index": np.full(sizes[0] * sizes[1], index),
        "replicate": spread("point_replicate").astype(int),
        "goal": spread("point_goal").astype(int),
        "kind": spread("kind").astype(str),
    }
    return xr.Dataset({name: ("eigenvalue", values) for name, values in columns.items()})


def _is_root(linearization: xr.Dataset) -> np.ndarray:
    return np.isin(linearization["kind"].values.astype(str), ROOTS)


def _counts(linearization: xr.Dataset) -> tuple[int, int, int]:
    """Stable and unstable fixed points, and points that are none."""
    root, stable = _is_root(linearization), linearization["stable"].values.astype(bool)
    return int((root & stable).sum()), int((root & ~stable).sum()), int((~root).sum())


def _trace(prepared: xr.Dataset, group: int, replicate: int, look: style.Cue) -> dict[str, Any]:
    """Eigenvalues of one replicate; customdata: goal, |λ|, angle [rad], frequency [Hz]."""
    chosen = (prepared["group_index"] == group) & (prepared["replicate"] == replicate)
    own = prepared.isel(eigenvalue=np.flatnonzero(chosen.values))
    label = style.wrapped(prepared["group"].values[group], 50)
    columns = [own["goal"], own["magnitude"], own["angle"]]
    hover = (
        f"{label}<br>replicate {replicate}, goal %{{customdata[0]}}"
        "<br>λ = %{x:.4f} + %{y:.4f} i"
        "<br>|λ| %{customdata[1]:.4f}, angle %{customdata[2]:.3f} rad"
    )
    if "frequency" in own:
        columns.append(own["frequency"])
        hover += "<br>frequency %{customdata[3]:.3g} Hz"
    return {
        "x": own["re"].values.astype("f4"),
        "y": own["im"].values.astype("f4"),
        "customdata": np.column_stack([column.values for column in columns]).astype("f4"),
        "mode": "markers",
        "name": f"replicate {replicate}",
        "legendgroup": str(replicate),
        "showlegend": False,
        "marker": {
            "color": look.colour,
            "symbol": f"{look.symbol}-open",
            "size": 4,
            "opacity": 0.5,
        },
        "hovertemplate": hover + "<extra></extra>",
    }


def _legend_entry(replicate: int, look: style.Cue) -> go.Scatter:
    marker = {"color": look.colour, "symbol": f"{look.symbol}-open", "size": 8}
    return go.Scatter(
        x=[None],
        y=[None],
        mode="markers",
        marker=marker,
        name=str(replicate),
        legendgroup=str(replicate),
    )


def _unit_circle() -> go.Scatter:
    angle = np.linspace(0, 2 * np.pi, 181)
    return go.Scatter(
        x=np.cos(angle).astype("f4"),
        y=np.sin(angle).astype("f4"),
        mode="lines",
        name="unit circle",
        line={"color": style.INK, "dash": "dot", "width": 1},
        hoverinfo="skip",
        showlegend=False,
    )


def _dress(
    figure: go.Figure,
    place: dict[str, int],
    limits: tuple[list[float], list[float]],
    *,
    y_title: bool,
) -> None:
    """Axes through zero, equal aspect and the same limits in every panel."""
    figure.update_xaxes(
        title="real part [1]", range=limits[0], constrain="domain", nticks=5, **place
    )
    figure.update_yaxes(range=limits[1], scaleratio=1, constrain="domain", nticks=7, **place)
    axis = next(figure.select_yaxes(**place))
    axis.update(scaleanchor=axis.anchor, constraintoward="top")
    if y_title:
        axis.title.text = "imaginary part [1]"
    for line in (figure.add_hline, figure.add_vline):
        line(0, line={"color": style.FAINT, "width": 1}, layer="below", **place)


def _limits(prepared: xr.Dataset) -> tuple[list[float], list[float]]:
    """Limits that hold the unit circle and every eigenvalue, in x and symmetric in y."""
    low = min(-1.0, float(prepared["re"].min()))
    high = max(1.0, float(prepared["re"].max()))
    tall = max(1.0, float(np.abs(prepared["im"]).max()))
    room = 0.06 * (high - low)
    return [low - room, high + room], [-tall - room, tall + room]


def _panel_title(group: xr.Dataset) -> str:
    stable, unstable = int(group["stable_count"]), int(group["unstable_count"])
    counts = f"{stable} stable, {unstable} unstable" if stable + unstable else "no fixed point"
    if other := int(group["other_count"]):
        counts += f"<br>{other} other point{'' if other == 1 else 's'} left out"
    return f"{style.wrapped(group['group'].values, 34)}<br><sup>{counts}</sup>"
