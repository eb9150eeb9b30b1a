"""Branches whose course is known: what is shown of them."""

import figure_examples as examples
import numpy as np
import point_examples
from steadyhand.figures import branches

OPTIONS = {"parameter": "field"}


def prepared(data=None, **known):
    data = point_examples.branches(**known) if data is None else data
    return branches.prepare([examples.source("branches", data)], OPTIONS)


def test_distances_are_from_where_branches_begin():
    found = prepared()
    np.testing.assert_allclose(found["moved"], found["parameter"])
    assert set(np.unique(found["step_replicate"])) == {0, 2}


def test_rounding_is_no_distance():
    data = point_examples.branches()
    data["position"] = data["position"] * 1e-15
    assert not prepared(data)["moved"].any()


def test_without_a_hand_that_moves_it_is_the_command_that_changes():
    data = point_examples.branches()
    data["command"] = 2 * data["position"]
    found = prepared(data.drop_vars("position"))
    np.testing.assert_allclose(found["moved"], 2 * found["parameter"])
    titles = [it.text for it in branches.draw(found, OPTIONS).layout.annotations]
    assert "How far the command changes" in titles


def test_lines_are_dotted_where_branches_are_not_stable_and_meet():
    figure = branches.draw(prepared(replicates=(0,), per_replicate=1, steps=9), OPTIONS)
    radius = {it.line.dash: it for it in figure.data if it.xaxis == "x" and it.mode == "lines"}
    stable, other = radius["solid"], radius["dot"]
    assert np.nanmax(stable.y) < 1 and np.nanmax(other.y) > 1
    shown = [np.asarray(it.x)[np.isfinite(it.y)] for it in (stable, other)]
    assert shown[0].max() == shown[1].min()


def test_bifurcations_are_counted_by_kind():
    figure = branches.draw(prepared(kinds=("fold", "flip", "neimark_sacker")), OPTIONS)
    names = {it.name for it in figure.data if it.legendgroup in ("fold", "flip", "neimark_sacker")}
    assert {"fold (2)", "flip (2)", "Neimark–Sacker (2)"} <= names


def test_where_nothing_was_found_the_figure_says_so():
    data = point_examples.branches().isel(branch=slice(0), step=slice(0), event=slice(0))
    figure = branches.draw(prepared(data), OPTIONS)
    assert any("found no fixed point" in it.text for it in figure.layout.annotations)
