"""Modes whose course is known: what is drawn of them."""

import figure_examples as examples
import numpy as np
import point_examples
from steadyhand.figures import mode_tracks


def prepared(data=None, **known):
    data = point_examples.mode_tracks(**known) if data is None else data
    return mode_tracks.prepare([examples.source("mode_tracks", data)], {})


def test_every_eigenvalue_has_its_place():
    data = point_examples.mode_tracks()
    found = prepared(data)
    assert found["group"].values.tolist() == ["SISU 0", "SISU 2"]
    for row in range(data.sizes["point"]):
        one = data.isel(point=row)
        group = int(one["point_sisu"] == 2)
        seen = found.sel(replicate=int(one["point_replicate"])).isel(
            group=group, place=int(one["point_place"])
        )
        np.testing.assert_array_equal(seen["re"], one["eigenvalue_re"])
        np.testing.assert_array_equal(seen["im"], one["eigenvalue_im"])


def test_lines_are_at_the_middle_goal_that_has_all_conditions():
    assert prepared()["middle"].values.tolist() == [4, 4]
    data = point_examples.mode_tracks()
    gone = (data["point_place"] == 4) & (data["point_replicate"] == 2) & (data["point_sisu"] == 2)
    found = prepared(data.isel(point=np.flatnonzero(~gone)))
    assert found["middle"].values[0] == 4 and found["middle"].values[1] in (1, 3, 5, 7)
    assert np.isnan(found["re"].sel(replicate=2).isel(group=1, place=4)).all()


def test_a_line_for_each_mode_but_one_of_a_pair():
    figure = mode_tracks.draw(prepared(), {})
    lines = [it for it in figure.data if it.mode == "lines" and it.name != "unit circle"]
    assert len(lines) == 2
    gaps = np.isnan(np.asarray(lines[0].x, float)).sum()
    data = point_examples.mode_tracks()
    above = (data["eigenvalue_im"].values[data["point_place"].values == 4] >= 0).any(axis=0)
    assert gaps == above.sum() == 3  # one pair, two that are real
    marks = [it for it in figure.data if it.mode == "markers"]
    assert all(min(it.y) >= 0 for it in marks)


def test_doubt_is_counted_by_replicate():
    data = point_examples.mode_tracks()
    data["sure"][:3] = 0
    figure = mode_tracks.draw(prepared(data), {})
    titles = [it.text for it in figure.layout.annotations]
    assert "in doubt at 3 points" in titles[0] and "no doubt" in titles[1]


def test_of_one_condition_lines_go_to_all_other_goals():
    figure = mode_tracks.draw(prepared(contexts=(2.0,)), {})
    lines = [it for it in figure.data if it.mode == "lines" and it.name != "unit circle"]
    gaps = np.isnan(np.asarray(lines[0].x, float)).sum()
    assert gaps == 8 * 3
    assert "from the goal in the middle to all others" in figure.layout.title.subtitle.text.replace(
        "<br>", " "
    )


def test_where_nothing_was_found_the_figure_says_so():
    figure = mode_tracks.draw(prepared(point_examples.mode_tracks().isel(point=slice(0))), {})
    assert any("found no fixed point" in it.text for it in figure.layout.annotations)
