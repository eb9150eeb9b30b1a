"""Figures that compare context inputs, in a browser: nothing of them clipped or covered."""

import figure_examples as examples
import numpy as np
import point_examples
import pytest
from seen import assert_all_is_seen, many_first, opened
from steadyhand.figures import figure_module, page
from steadyhand.figures.source import Source

TYPES = ("aligned_reaches", "fixed_points_pca", "eigenvalues")
COUNTS = (1, 2, 5, 7)
"""Replicates; contexts are one more."""
LABEL = "field.std = 1.5, context.method = pai-asf, feedback.delay = 4, network.hidden_size = 100"


def source(figure_type: str, count: int) -> Source:
    replicates, contexts = tuple(range(count)), tuple(np.linspace(-2, 2, count + 1).round(3))
    kinds = ("fixed",) * 5 + ("marginal", "slow", "not_converged")
    role, data = {
        "aligned_reaches": (
            "states",
            examples.states(
                np.linspace(0, 5, 6), bow=0.02, replicates=replicates, contexts=contexts
            ),
        ),
        "fixed_points_pca": (
            "fixed_points",
            point_examples.fixed_points(replicates, bend=1.0, kinds=kinds, contexts=contexts),
        ),
        "eigenvalues": (
            "linearization",
            point_examples.linearization(replicates, contexts=contexts),
        ),
    }[figure_type]
    return Source("0" * 16, LABEL, {"train.field.std": 1.5}, {role: data})


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """Figures of every type that compares contexts."""
    root = tmp_path_factory.mktemp("contexts")
    page.write_library(root / "assets" / "plotly.min.js")
    for number, figure_type in enumerate(TYPES):
        for count in COUNTS:
            module = figure_module(figure_type)
            options = {"color": "sisu", "time_step": 0.05}
            options |= {"field_amplitude": 0.0} if figure_type == "aligned_reaches" else {}
            prepared = module.prepare([source(figure_type, count)], options)
            folder = root / "figures" / f"{10 * number + count:016x}"
            page.write_figure(folder, module.draw(prepared, options), examples.meta(figure_type))
    return root


@pytest.mark.browser
@pytest.mark.parametrize("figure_type", TYPES)
@pytest.mark.parametrize("count", many_first(COUNTS))
def test_nothing_is_clipped_or_covered(tab, results, figure_type, count):
    assert_all_is_seen(opened(tab, results, 10 * TYPES.index(figure_type) + count))
