"""Bode plots: each axis to its own noise, phases averaged as angles."""

import figure_examples as examples
import numpy as np
import pytest
from steadyhand.errors import UserError
from steadyhand.figures import frequency_response


def prepared(*data, **options):
    sources = examples.sources("frequency_response", data)
    return frequency_response.prepare(sources, options)


def test_gain_and_phase_are_those_of_the_axis_itself():
    found = prepared(examples.frequency_response(2.0, 0.5, replicates=(0,))).isel(group=0)
    frequency = found["frequency"].values
    for sensed, strength in (("position", 2.0), ("velocity", 0.5)):
        one = found.sel(sensed=sensed)
        np.testing.assert_allclose(one["gain_mean"], strength / np.hypot(1, frequency), rtol=1e-12)
        turned = np.degrees(np.angle(-1 / (1 + 1j * frequency)))
        apart = np.remainder(one["phase_mean"].values - turned + 180, 360) - 180
        assert np.abs(apart).max() < 1e-9
        assert (one["gain_sd"] < 1e-12).all() and (one["phase_sd"] < 1e-9).all()


def test_phases_beside_a_half_turn_are_averaged_as_angles():
    data = examples.frequency_response(replicates=(0, 1))
    for sensed in frequency_response.GAINS:
        data[f"{sensed}_phase"][:, 0] = np.radians(179.0)
        data[f"{sensed}_phase"][:, 1] = np.radians(-179.0)
    found = prepared(data)
    assert np.abs(np.abs(found["phase_mean"]) - 180).max() < 1e-9
    np.testing.assert_allclose(found["phase_sd"], 1.0, rtol=1e-9)


def test_mean_and_spread_are_over_networks_and_axes():
    found = prepared(examples.frequency_response(1.0, replicates=(0, 2))).isel(group=0, sensed=0)
    scale = 1 / np.hypot(1, found["frequency"].values)
    np.testing.assert_allclose(found["gain_mean"], 2.0 * scale, rtol=1e-12)  # of 1 and 3
    np.testing.assert_allclose(found["gain_sd"], 1.0 * scale, rtol=1e-12)


def test_conditions_are_chosen_and_never_mixed():
    data = examples.frequency_response(conditions=(0, 1))
    data["position_gain"][1] *= 3
    first, second = (
        prepared(data, field_amplitude=it)["gain_mean"].isel(sensed=0) for it in (0, 1)
    )
    np.testing.assert_allclose(second, 3 * first, rtol=1e-12)
    with pytest.raises(UserError, match="2 conditions have all values, not one"):
        prepared(data)
    with pytest.raises(UserError, match="0 conditions have field_amplitude = 5, not one"):
        prepared(data, field_amplitude=5)


def test_other_frequencies_are_not_drawn_on_one_axis():
    other = examples.frequency_response()
    other = other.assign_coords(frequency=2 * other["frequency"])
    with pytest.raises(UserError, match="model 1 has other frequencies than others"):
        prepared(examples.frequency_response(), other)


def test_every_condition_is_in_the_legend_once():
    data = prepared(examples.frequency_response(), examples.frequency_response(4.0))
    figure = frequency_response.draw(data, {"title": "Frequency response, SISU 2"})
    named = [trace.name for trace in figure.data if trace.showlegend]
    assert len(named) == len(set(named)) == 2
    assert figure.layout.title.text == "Frequency response, SISU 2"
    assert all((np.asarray(it.y, float) > 0).all() for it in figure.data if it.yaxis == "y")
