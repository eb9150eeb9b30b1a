"""The page of a report in a browser: it fits its window, and nothing of a mark leaves its axis."""

import numpy as np
import pytest
from steadyhand.report.making import content_of
from steadyhand.report.quantities import Sample
from steadyhand.templates import render

WORDS = "schedule.trainable = 0: hidden+readout / 300: hidden"


def comparison(factor, expect="higher", **changes):
    side = {"source": "", "condition": {"schedule.trainable": WORDS.partition(" = ")[2]}}
    return {
        "quantity": {"type": "loss_jump", "term": "nn_hidden", "batch": 300, "window": 20},
        "where": {"field.std": 0.8, "schedule.noise_scale": "0: 1 / 300: 0"},
        "sides": [{"model_id": "1", **side}, {"model_id": str(factor), **side}],
        "expect": expect,
        "effect": "ratio",
        "against": None,
        "margin": 0.1,
        **changes,
    }


def in_loops(value):
    """A difference of a measure that has both signs."""
    measure = {"type": "measure", "evaluation": "pushed", "measure": "response_max_deviation"}
    changes = {"quantity": {**measure, "absolute": False}, "effect": "difference", "margin": 0.01}
    return comparison(value, **changes)


REQUEST = {
    "study": "a study",
    "findings": [
        {
            "claim": f"Claim {number} is said in a sentence that is rather long, as they are, and "
            "has <b>signs</b> & that mean something | elsewhere.",
            "sweep": "readout",
            "limits": "Other fields | & delays.",
            "figures": [{"figure_id": "0" * 16, "title": "Paths & <profiles>"}],
            "comparisons": [it if isinstance(it, dict) else comparison(it) for it in factors],
        }
        for number, factors in enumerate(
            [(1.5, 3.0), (in_loops(3.0), in_loops(0.5)), (0.5,), (1e-4, 1e4), ("failed",)]
        )
    ],
}


def numbers(side, quantity):
    model_id = side["model_id"]
    if model_id == "failed":
        return Sample(dict.fromkeys(range(5), np.nan), frozenset(range(5)))
    rng = np.random.default_rng(len(model_id))
    unit = "m" if quantity["type"] == "measure" else ""
    values = {it: float(model_id) * np.exp(0.1 * rng.normal()) for it in range(5)}
    return Sample(values, unit=unit)


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    provenance = {"id": "0" * 16, "versions": {"steadyhand": "1"}, "request": REQUEST}
    page = tmp_path_factory.mktemp("report with a space") / "report" / "study.html"
    page.parent.mkdir()
    figure = page.parent.parent / "figures" / ("0" * 16) / "figure.html"
    figure.parent.mkdir(parents=True)
    figure.write_text("<p>a figure</p>")
    page.write_text(render("report.html.j2", **content_of(REQUEST, numbers, provenance)))
    return page


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 400])
def test_the_page_of_a_report_fits_its_window(tab, report, width):
    tab.set_viewport_size({"width": width, "height": 900})
    tab.goto(report.as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert tab.locator("section").count() == len(REQUEST["findings"])
    assert "<b>signs</b> & that mean" in tab.locator("h2").first.inner_text()


@pytest.mark.browser
def test_marks_lie_on_their_axis_and_say_what_the_numbers_say(tab, report):
    tab.goto(report.as_uri())
    rows = tab.evaluate(
        """() => Array.from(document.querySelectorAll("tbody tr")).map(row => {
          const x = e => { const r = e.getBoundingClientRect(); return [r.left, r.right]; };
          const svg = row.querySelector("svg"), dot = svg.querySelector("circle");
          return {size: row.cells[3].textContent, axis: x(svg), dot: dot && x(dot),
                  nothing: x(svg.querySelector("line")), verdict: row.cells[8].textContent};
        })"""
    )
    assert [row["verdict"] for row in rows] == [
        *("reproduced", "reproduced", "reproduced", "refuted"),
        *("refuted", "refuted", "reproduced", "undecided"),
    ]
    for row in rows[:-1]:
        assert row["axis"][0] <= row["dot"][0] and row["dot"][1] <= row["axis"][1] + 1
        size = float(row["size"].split()[0].replace("−", "-"))
        nothing = 0 if row["size"].endswith(" m") else 1
        assert (row["dot"][0] > row["nothing"][0]) == (size > nothing)
    assert rows[-1]["dot"] is None and rows[-1]["size"] == "none"


@pytest.mark.browser
def test_figures_of_a_finding_are_loaded_when_they_are_opened(tab, report):
    tab.goto(report.as_uri())
    frame = tab.locator("iframe").first
    assert not frame.get_attribute("src")
    assert "Paths & <profiles>" in tab.locator("details.figure summary").first.inner_text()
    tab.locator("details.figure summary").first.click(position={"x": 3, "y": 3})
    assert tab.frame_locator("iframe").first.locator("p").inner_text() == "a figure"
