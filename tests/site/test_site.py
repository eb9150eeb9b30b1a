"""The pages in a browser, opened from files: nothing missing, nothing clipped, nothing foreign."""

import re
from pathlib import Path

import figure_examples as examples
import numpy as np
import point_examples
import pytest
from seen import assert_all_is_seen, many_first, opened
from steadyhand import site
from steadyhand.figures import TYPES, figure_module, page
from steadyhand.figures.source import Source

COUNTS = (1, 2, 7)


def figure_sources(figure_type: str, count: int, folder: Path) -> tuple[list, dict]:
    """Sources that give `count` panels or groups, with long labels, and options."""
    every = tuple(range(count))
    angles = np.linspace(0, 5, 6)
    trials = np.random.default_rng(0).gamma(2, size=(60, 3))
    amplitudes = np.arange(60) % count
    by = {"by": "field_amplitude", "units": {"field_amplitude": "N s m-1"}}
    if figure_type == "loss_history":
        return [examples.source("history", examples.history(every, excluded=every[1:2]))], {}
    if figure_type in ("loss_over_replicates", "readout_norm", "training_schedule"):
        units = {"train.field.std": "N s m-1", "train.loss.readout_norm": "1"}
        return examples.trainings(count), {"units": units}
    if figure_type == "fixed_points_pca":
        kinds = ("fixed",) * 5 + ("marginal", "slow", "not_converged")
        data = point_examples.fixed_points(every, bend=1.0, kinds=kinds)
        return [examples.source("fixed_points", data)], {}
    if figure_type in ("aligned_reaches", "reach_profiles"):
        data = [examples.states(angles, bow=0.02 * k, amplitudes=(0.0, 1.0)) for k in every]
        return examples.sources("states", data), {"field_amplitude": 1.0}
    if figure_type == "impulse_responses":
        data = [examples.responses(angles, bow=0.05 * k, amplitudes=(0.5, 1.0)) for k in every]
        options = {"impulse_amplitude": 0.5, "channel": "velocity"}
        return examples.sources("states", data), options
    if figure_type == "frequency_response":
        data = [examples.frequency_response(1.0 + k, 0.5 + k) for k in every]
        return examples.sources(figure_type, data), {}
    if figure_type == "linear_response":
        data = point_examples.linear_response(
            every, fields=tuple(every), amplitudes=(0.001, 0.1, 0.6)
        )
        return [examples.source(figure_type, data)], {"channel": "velocity"}
    if figure_type == "modal_response":
        data = point_examples.modal_response(
            every, contexts=tuple(every), amplitudes=(0.001, 0.1, 0.6)
        )
        return [examples.source(figure_type, data)], {"channel": "velocity"}
    if figure_type == "mode_tracks":
        return [examples.source(figure_type, point_examples.mode_tracks(every, tuple(every)))], {}
    if figure_type == "branches":
        data = point_examples.branches(every, per_replicate=count)
        return [examples.source(figure_type, data)], {"parameter": "sisu"}
    if figure_type == "unit_preferences":
        data = [examples.preferences(angles + k, turn=0.1 * k) for k in every]
        return examples.sources(figure_type, data), {
            "field_amplitude": count % 2,
            "feature": "command",
        }
    if figure_type == "principal_components":
        ratios = 2 + trials[:count, :2]
        data = [examples.components(ratios=ratios, amplitudes=every) for _ in every]
        return examples.sources(figure_type, data), by
    if figure_type == "tangling":
        data = [examples.tangled((1 + k) * trials, (0, 2, 3), amplitudes) for k in every]
        columns = [{"train.field.std": k // 2, "train.feedback.delay": k % 2} for k in every]
        sources = [Source(f"{k}", "", columns[k], {figure_type: it}) for k, it in enumerate(data)]
        return sources, by
    if figure_type == "measures":
        table = {"replicate": amplitudes // 2, "max_net_force": trials[:, 0]}
        table |= {"field_amplitude": amplitudes}
        path = examples.measured(folder / f"{count} models", table)
        sources = [
            Source(f"{k}", f"std = {k}", {"train.field.std": k}, tables={"measures": path})
            for k in every
        ]
        return sources, {**by, "measure": "max_net_force", "color": "train"}
    data = [point_examples.linearization(every, radius=0.7 + 0.1 * k) for k in every]
    sources = examples.sources("linearization", data)
    return sources, {"time_step": 0.05} if figure_type == "eigenvalues" else {}


def entry(figure_type: str, index: int, **changes) -> dict:
    meta = examples.meta(figure_type, figure_id=f"{index:016x}", title=f"{figure_type} {index}")
    meta.pop("provenance")
    path = f"figures/{meta['figure_id']}/figure.html"
    return meta | {"studies": ["curl"], "path": path} | changes


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A results folder with figures of every type, with 1 to 7 panels, and its start page."""
    root = tmp_path_factory.mktemp("results with a space")
    page.write_library(root / "assets" / "plotly.min.js")
    entries = []
    for figure_type in TYPES:
        for count in COUNTS:
            number = 10 * TYPES.index(figure_type) + count
            module = figure_module(figure_type)
            sources, options = figure_sources(figure_type, count, root)
            figure = module.draw(module.prepare(sources, options), options)
            made = entry(figure_type, number, conditions={"train.field.std": list(range(count))})
            meta = examples.meta(figure_type) | {key: made[key] for key in page.META_KEYS[:5]}
            page.write_figure(root / "figures" / made["figure_id"], figure, meta)
            entries.append(made)
    entries[-1]["studies"] = []
    info = {"title": "Results", "summary": "Two studies.", "counts": {"models": 3}}
    (root / "index.html").write_text(site.build_index(entries, info), encoding="utf-8")
    return root


@pytest.mark.browser
@pytest.mark.parametrize("figure_type", TYPES)
@pytest.mark.parametrize("count", many_first(COUNTS))
def test_nothing_in_a_figure_is_clipped_or_covered(tab, results, figure_type, count):
    assert_all_is_seen(opened(tab, results, 10 * TYPES.index(figure_type) + count))


@pytest.mark.browser
@pytest.mark.parametrize("figure_type", ["aligned_reaches", "eigenvalues"])
def test_a_metre_is_as_long_up_as_along(tab, results, figure_type):
    opened(tab, results, 10 * TYPES.index(figure_type) + 2)
    x, y = tab.evaluate(
        """() => ["xaxis", "yaxis"].map(name => {
          const axis = document.getElementById("figure")._fullLayout[name];
          return axis._length / Math.abs(axis.range[1] - axis.range[0]);
        })"""
    )
    assert x == pytest.approx(y, rel=1e-3)


@pytest.mark.browser
def test_the_start_page_shows_previews_and_leads_to_figures(tab, results):
    tab.goto((results / "index.html").as_uri())
    first = tab.locator(".card").first
    frame = first.locator("iframe").content_frame
    frame.locator("#figure .main-svg .gtitle").wait_for()
    width = frame.locator("html").evaluate("e => [e.scrollWidth, innerWidth]")
    assert width[0] <= width[1]
    alive = tab.locator("iframe").count()
    assert 0 < alive < tab.locator(".card").count()
    first.locator("h4 a").click()
    tab.wait_for_selector("#figure .main-svg .gtitle")
    tab.get_by_role("link", name="All figures").click()
    tab.wait_for_selector(".card")


@pytest.mark.browser
def test_the_filter_finds_by_word_and_by_exact_condition(tab, results):
    tab.goto((results / "index.html").as_uri())
    count = tab.locator("#count")
    assert count.inner_text() == "57 of 57 figures"
    field = tab.get_by_label("Show only figures with")
    field.fill("EIGENVALUES")
    assert count.inner_text() == "3 of 57 figures"
    assert tab.locator(".card:visible").count() == 3
    field.fill("std=1")
    assert count.inner_text() == "38 of 57 figures"
    field.fill("field.std=1 loss")
    assert count.inner_text() == "4 of 57 figures"
    field.fill("std=10")
    assert count.inner_text() == "0 of 57 figures"
    assert tab.locator("section:visible").count() == 0


@pytest.mark.browser
def test_figures_that_no_study_asks_for_are_folded_away(tab, results):
    tab.goto((results / "index.html").as_uri())
    others = tab.locator("#others")
    assert others.locator(".card").count() == 1
    assert not others.locator(".card").is_visible()
    others.locator("summary").click()
    assert others.locator(".card").is_visible()


@pytest.mark.browser
@pytest.mark.parametrize("width", [400, 1280])
def test_the_start_page_fits_its_window(tab, results, width):
    tab.set_viewport_size({"width": width, "height": 800})
    tab.goto((results / "index.html").as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    for card in tab.locator(".card:visible").all():
        box = card.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        assert box["width"] >= 280


def test_all_text_is_escaped():
    wicked = '"><script>alert(1)</script>'
    made = entry("eigenvalues", 1, title=wicked, conditions={wicked: [wicked]}, studies=[wicked])
    text = site.build_index([made], {"title": wicked, "summary": wicked, "counts": {wicked: 1}})
    assert wicked not in text and "<script>alert" not in text


def test_the_page_does_not_depend_on_the_order_of_entries_and_loads_nothing():
    entries = [entry(kind, number) for number, kind in enumerate(TYPES)]
    text = site.build_index(entries, {})
    assert site.build_index(entries[::-1], {}) == text
    assert not re.search(r'(?:src|href)="(?:https?:|//)', text) and "@import" not in text
    headings = re.findall(r"<h3>(.*?)</h3>", text)
    assert headings[0].startswith("Training") and len(headings) == len(TYPES)


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "../outside.html", "figures/../../x", "javascript:alert(1)", ""]
)
def test_links_stay_inside_the_results(path):
    with pytest.raises(ValueError, match="leads out of results"):
        site.build_index([entry("eigenvalues", 1, path=path)], {})


def test_without_figures_the_page_says_so():
    assert "There are no figures yet" in site.build_index([], {})
