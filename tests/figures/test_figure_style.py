from itertools import pairwise

import pytest
from plotly.colors import hex_to_rgb
from steadyhand.figures import style


def lightness(colour: str) -> float:
    """Relative luminance of sRGB (ITU-R BT.709)."""
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (channel / 255 for channel in hex_to_rgb(colour))
    ]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_an_order_is_an_order_of_lightness():
    shades = [lightness(cue.colour) for cue in style.cues(6, ordered=True)]
    assert all(a < b for a, b in pairwise(shades))


@pytest.mark.parametrize("ordered", [True, False])
def test_groups_differ_without_colour_too(ordered):
    cues = style.cues(6, ordered=ordered)
    assert len({cue.dash for cue in cues}) == len({cue.symbol for cue in cues}) == 6
    assert len({cue.colour for cue in cues}) == 6


@pytest.mark.parametrize("x", [0.0, 0.5, 1.0])
def test_the_two_dimensional_map_lightens_upwards(x):
    shades = [lightness(style.two_dimensional_colour(x, y)) for y in (0, 0.25, 0.5, 0.75, 1)]
    assert all(a < b for a, b in pairwise(shades))


@pytest.mark.parametrize("y", [0.0, 0.5, 1.0])
def test_the_two_dimensional_map_goes_from_blue_to_orange(y):
    left, right = (hex_to_rgb(style.two_dimensional_colour(x, y)) for x in (0, 1))
    assert left[2] > left[0] and right[0] > right[2]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.002, 0.02], ["0.002", "0.005", "0.01", "0.02"]),
        ([7.9e-4, 0.0021], ["0.0008", "0.001", "0.0015", "0.002"]),
        ([2e-5, 7e-5], [f"{it}×10<sup>-5</sup>" for it in (2, 3, 4, 5, 6, 8)]),
        ([0.95, 1.05], ["0.8", "0.9", "1", "1.1", "1.2"]),
        ([1.0], ["0.9", "1", "1.1"]),
        ([1e5, 2e6], ["10<sup>5</sup>", "2×10<sup>5</sup>", "5×10<sup>5</sup>", "10<sup>6</sup>",
                      "2×10<sup>6</sup>"]),
    ],
)  # fmt: skip
def test_every_logarithmic_axis_has_ticks_that_can_be_read(values, expected):
    axis = style.log_ticks(values)
    assert axis["ticktext"] == expected
    assert axis["type"] == "log" and len(axis["tickvals"]) == len(expected) >= 3


def test_many_powers_of_ten_are_ticks_of_their_own():
    assert "tickvals" not in style.log_ticks([1e-5, 1, float("nan"), -1])
    assert "tickvals" not in style.log_ticks([])
    assert style.log_ticks([1e-8, 1e8])["dtick"] == 1
    assert style.log_ticks([1e-8, 1e30])["dtick"] == 3
    assert style.log_ticks([1e-8, 1e8], 6)["dtick"] == 3


@pytest.mark.parametrize("ordered", [True, False])
@pytest.mark.parametrize("count", [1, 2, 7, 8, 20])
def test_no_colour_stands_for_two_groups(ordered, count):
    colours = [cue.colour for cue in style.cues(count, ordered=ordered)]
    assert len(set(colours)) == len(colours) == count
