"""Figures of training in a browser, where they are full, or have little to show."""

import figure_examples as examples
import numpy as np
import pytest
from seen import assert_all_is_seen, inside, opened, overlap
from steadyhand.figures import figure_module, page

PARTS = "0: hidden+readout / 1000: hidden"
CASES = {
    "eight": examples.trainings(8, excluded=(0, 3), failed={4: 20}),
    "without any": examples.trainings(1, excluded=range(5)),
    "one without": examples.trainings(4, excluded=range(5)),
    "long": examples.trainings(
        4,
        context__method=("bcs", "dai", "pai-asf", "none"),
        schedule__trainable=["0: hidden", PARTS, "0: readout", PARTS],
    ),
    "many": examples.trainings(24, weights=(0.0,)),
}
TYPES = ("loss_over_replicates", "readout_norm", "training_schedule")


def histories() -> list:
    """With every kind of phase; with all networks failed at once; with many replicates."""
    phases = examples.history(range(5), excluded=(1,), failed={3: 60}, batches=1000)
    phases["field_scale"][:251] = np.r_[
        np.zeros(100), 0.5 - 0.5 * np.cos(np.pi * np.arange(151) / 150)
    ]
    phases["trains_readout"][500:], phases["noise_scale"][500:] = 0, 0
    phases["resets_optimizer"][[50, 505, 510]] = 1
    dead = examples.history(range(3), failed=dict.fromkeys(range(3), 0))
    return [phases, dead, examples.history(range(40), excluded=range(1, 40, 2))]


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """A figure of every type for every case, and loss histories, numbered in that order."""
    root = tmp_path_factory.mktemp("training")
    page.write_library(root / "assets" / "plotly.min.js")
    wanted = [(kind, sources) for kind in TYPES for sources in CASES.values()]
    wanted += [("loss_history", [examples.source("history", it)]) for it in histories()]
    for number, (kind, sources) in enumerate(wanted):
        module = figure_module(kind)
        figure = module.draw(module.prepare(sources, {}), {})
        page.write_figure(root / "figures" / f"{number:016x}", figure, examples.meta(kind))
    return root


@pytest.mark.browser
@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize(
    "case", [pytest.param(it, marks=[pytest.mark.slow] if it != "many" else []) for it in CASES]
)
def test_nothing_is_clipped_or_covered(tab, results, kind, case):
    number = len(CASES) * TYPES.index(kind) + list(CASES).index(case)
    assert_all_is_seen(opened(tab, results, number))


@pytest.mark.browser
@pytest.mark.parametrize("index", range(3))
def test_labels_within_a_loss_history_do_not_cover_each_other(tab, results, index):
    found = opened(tab, results, len(CASES) * len(TYPES) + index)
    for text, *box in found["texts"]:
        assert inside(box, found["figure"]), text
    for place, (text, *box) in enumerate(found["titles"]):
        for other, *other_box in found["titles"][place + 1 :]:
            assert not overlap(box, other_box), (text, other)
    for legend in found["legends"]:
        assert inside(legend, found["figure"]) and not found["scrolled"]
        assert not any(overlap(legend, panel) for panel in found["panels"])
