"""Reaches over time: turned to their own direction, mean and spread over all of them."""

import figure_examples as examples
import numpy as np
import pytest
from steadyhand.figures import reach_profiles


def prepared(*states, **options):
    sources = examples.sources("states", states)
    return reach_profiles.prepare(sources, options)


@pytest.mark.parametrize("angle", [0.0, 0.7, 3.0, -2.0])
def test_profiles_are_along_the_reach_and_to_its_left(angle):
    data = prepared(examples.states([angle], (0.5,), bow=0.1, replicates=(0, 2)))
    position = data["position_mean"].isel(group=0)
    assert position.sel(component="parallel").values[[0, -1]] == pytest.approx([0, 0.5])
    assert position.sel(component="lateral").max() == pytest.approx(0.2)  # bows of 0.1 and 0.3
    spread = data["position_sd"].isel(group=0)
    assert spread.sel(component="lateral").max() == pytest.approx(0.1)
    assert spread.sel(component="parallel").max() < 1e-12


def test_directions_are_averaged_once_they_are_turned():
    one, many = (
        prepared(examples.states(angles, bow=0.1)) for angles in ((0.0,), (0.0, 1.0, 2.5, -1.2))
    )
    for name in ("position", "velocity", "force"):
        for what in ("mean", "sd"):
            np.testing.assert_allclose(one[f"{name}_{what}"], many[f"{name}_{what}"], atol=1e-10)
    assert many["reach_count"].item() == 8


def test_amplitudes_are_chosen_and_every_group_is_in_the_legend_once():
    states = examples.states(amplitudes=(0.0, 2.0), bow=0.1)
    data = prepared(states, examples.states(amplitudes=(2.0,), steps=15), field_amplitude=2.0)
    assert data["step_count"].values.tolist() == [21, 15]
    figure = reach_profiles.draw(data, {})
    named = [it.name for it in figure.data if it.showlegend]
    assert len(named) == len(set(named)) == 2
    assert "field amplitude 2" in figure.layout.title.text
    lines = [it for it in figure.data if it.hovertemplate]
    assert len(lines) == 12 and {len(it.x) for it in lines} == {21, 15}
