"""Bode plots: each axis to its own noise, phases averaged as angles."""

import figure_examples as examples
import numpy as np
import point_examples
import pytest
import yaml
from steadyhand.config import load_study
from steadyhand.errors import UserError
from steadyhand.figures import frequency_response
from steadyhand.figures.source import Source
from steadyhand.plan import Plan


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


def predicted(estimate=None, fields=(0.0, 1.0), factor=1.0, **options):
    """An estimate, and what a linearization says that is `factor` times the response."""
    estimate = examples.frequency_response() if estimate is None else estimate
    known = point_examples.linear_response(fields=fields)
    for name in known.data_vars:
        if "_response_" in str(name):
            known[name] = factor * known[name]
    data = {"frequency_response": estimate, "linear_response": known}
    given = [Source("0" * 16, "all", {"train.field.std": 1.0}, data)]
    chosen = {"prediction": True, "field_amplitude": 0, **options}
    return frequency_response.prepare(given, chosen)


def test_a_prediction_is_shown_beside_the_estimate():
    found = predicted().isel(group=0)
    there = found["predicted_frequency"].values
    assert there[0] > 0 and len(there) == 100
    for sensed, strength in (("position", 2.0), ("velocity", 1.0)):
        one = found.sel(sensed=sensed)
        expected = strength * 2 / np.hypot(1, there)  # mean of replicates 0 and 2
        np.testing.assert_allclose(one["predicted_gain"], expected)
        apart = one["predicted_phase"].values - np.interp(
            there, one["frequency"], one["phase_mean"]
        )
        assert np.abs(apart).max() < 0.5  # degrees; no whole turns
        assert one["difference"] < 1e-3  # frequencies of one are between those of the other
    figure = frequency_response.draw(predicted(), {})
    marks = [it for it in figure.data if it.mode == "markers"]
    assert len(marks) == 4 and all(len(it.x) <= 40 for it in marks)
    assert "Marks: by the linearization" in figure.layout.title.subtitle.text.replace("<br>", " ")


def test_a_prediction_that_is_wrong_is_said_to_be():
    found = predicted(factor=0.8)
    np.testing.assert_allclose(found["difference"], 0.25, atol=1e-3)


def test_a_prediction_is_that_of_the_same_condition():
    found = predicted(examples.frequency_response(conditions=(0, 1)), field_amplitude=1)
    np.testing.assert_allclose(found["difference"], 0.5, atol=1e-3)  # it doubles in field 1
    none = predicted(examples.frequency_response(conditions=(0, 7)), field_amplitude=7)
    assert np.isnan(none["predicted_gain"]).all() and none["predicted"] == 0
    subtitle = frequency_response.draw(none, {}).layout.title.subtitle.text.replace("<br>", " ")
    assert "Without a fixed point: 2 networks" in subtitle


def test_networks_are_compared_by_their_numbers():
    found = predicted(examples.frequency_response(replicates=(0, 1, 2)))
    assert found["predicted"] == 2 and found["networks"] == 3
    assert (found["difference"] < 1e-3).all()


def test_where_nothing_is_coherent_nothing_is_compared():
    data = examples.frequency_response()
    for sensed in frequency_response.GAINS:
        data[f"{sensed}_coherence"][:] = 0.1
    found = predicted(data)
    assert np.isnan(found["difference"]).all()
    figure = frequency_response.draw(found, {})
    assert "Nowhere can both be compared" in figure.layout.title.subtitle.text.replace("<br>", " ")


STUDY = {
    "study": "predicted",
    "sweeps": {"plain": {"feedback": {"noise_std": 0.1}}},
    "evaluations": {
        "noise": {
            "task": {"type": "steady", "grid": 4},
            "field": {"amplitude": [0, 1]},
            "n_steps": 100,
        },
    },
    "fixed_points": {
        "loop": {
            "closed_loop": True,
            "starts_from": "noise",
            "field": {"amplitude": [0, 1]},
            "at": {"grid": 2},
        },
        "calm": {"closed_loop": True, "starts_from": "noise", "at": {"grid": 2}},
    },
    "analyses": {
        "by_frequency": {"type": "frequency_response", "evaluation": "noise"},
        "linear": {"type": "linear_response", "search": "loop"},
        "calm": {"type": "linear_response", "search": "calm"},
        "along": {
            "type": "branches",
            "search": "calm",
            "parameter": "field",
            "low": 0,
            "high": 1,
        },
    },
}


def figures(folder, **asked):
    figure = {"type": "frequency_response", "analysis": "by_frequency", **asked}
    path = folder / "study.yaml"
    path.write_text(yaml.safe_dump({**STUDY, "figures": [figure]}))
    plan = Plan(load_study([path]), folder / "results")
    return list(
        plan.figures({it: {"digest": "weights", "history": ""} for it in plan.models}).values()
    )


def test_a_figure_with_a_prediction_is_drawn_from_both(tmp_path):
    alone, both = figures(tmp_path), figures(tmp_path, prediction="linear")
    assert len(alone) == len(both) == 2
    assert [set(it.sources[0]["paths"]) for it in both] == [
        {"frequency_response", "linear_response"}
    ] * 2
    assert not {it.figure_id for it in alone} & {it.figure_id for it in both}
    assert [it.options["prediction"] for it in both] == [True, True]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("linar", "figures[0].prediction = 'linar': no such analysis; did you mean 'linear'?"),
        ("along", "it is of type branches; allowed: calm, linear"),
        ("calm", "its field.amplitude = 1 is not one of 'calm'; allowed: 0"),
    ],
)
def test_a_prediction_that_cannot_be_shown_is_refused(tmp_path, name, expected):
    with pytest.raises(UserError) as caught:
        figures(tmp_path, prediction=name)
    assert expected in str(caught.value) and len(str(caught.value).splitlines()) == 1
