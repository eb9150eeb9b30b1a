"""What is seen of a figure in a browser: nothing of it clipped, nothing covered."""

from collections.abc import Sequence

import pytest

# Boxes [px] of every piece of text in the figure, those of the figure and of the panels, and
# those of legends. Glyphs may overhang a box by a pixel.
MEASURE = r"""() => {
  const box = e => {
    const r = e.getBoundingClientRect();
    return [r.left, r.top, r.right, r.bottom];
  };
  const all = s => Array.from(document.querySelectorAll("#figure " + s));
  return {
    figure: box(document.querySelector("#figure .main-svg")),
    texts: all("svg text").filter(e => e.textContent.trim() && e.getBoundingClientRect().width)
      .map(e => [e.textContent, ...box(e)]),
    titles: all(".gtitle, .gtitle-subtitle, .annotation-text").map(e => [e.textContent, ...box(e)]),
    axes: all(".infolayer text").filter(e => /^[xy]\d*title$/.test(e.classList[0])).length
      + 2 * all(".polarlayer > .polar").length,
    panels: all(".bglayer .bg, .gridlayer > g, .polarlayer .plotbg").map(box)
      .filter(b => b[2] > b[0] && b[3] > b[1]),
    legends: all(".legend .bg").map(box),
    scrolled: all(".legend .scrollbar").filter(e => e.getBoundingClientRect().height > 0).length,
    marks: all(".scatterlayer path, .scatterlayer .js-line, .barlayer path").length,
    window: innerWidth,
  };
}"""


def opened(tab, results, number: int) -> dict:
    tab.goto((results / "figures" / f"{number:016x}" / "figure.html").as_uri())
    tab.wait_for_selector("#figure .main-svg .gtitle")
    return tab.evaluate(MEASURE)


def inside(inner, outer, slack=1.0) -> bool:
    return (
        inner[0] >= outer[0] - slack
        and inner[1] >= outer[1] - slack
        and inner[2] <= outer[2] + slack
        and inner[3] <= outer[3] + slack
    )


def overlap(a, b, slack=1.0) -> bool:
    across = min(a[2], b[2]) - max(a[0], b[0]) > slack
    return across and min(a[3], b[3]) - max(a[1], b[1]) > slack


def assert_all_is_seen(found: dict) -> None:
    """Of what `opened` measured: all text is inside, and neither titles nor legends cover data."""
    assert found["marks"] > 0 and found["axes"] >= 2 and len(found["texts"]) > 5
    assert found["figure"][2] <= found["window"], "a part of it lies outside the window"
    for text, *box in found["texts"]:
        assert inside(box, found["figure"]), text
    for index, (text, *box) in enumerate(found["titles"]):
        for other, *other_box in found["titles"][index + 1 :]:
            assert not overlap(box, other_box), (text, other)
        for panel in found["panels"]:
            assert not overlap(box, panel), (text, panel)
        for other, *other_box in found["texts"]:
            if [other, *other_box] not in found["titles"] and other not in text:
                assert not overlap(box, other_box), (text, other)
    assert not found["scrolled"], "a legend is longer than its room"
    for legend in found["legends"]:
        assert inside(legend, found["figure"])
        for panel in found["panels"]:
            assert not overlap(legend, panel), "the legend covers data"


def many_first(counts: Sequence[int]) -> list:
    """Cases of a test: most panels each time, as they are the hardest; fewer when there is time."""
    return [pytest.param(it, marks=[pytest.mark.slow] if it < max(counts) else []) for it in counts]
