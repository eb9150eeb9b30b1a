"""Responses to impulses: turned to the impulse, from the onset on, and nothing mixed."""

import figure_examples as examples
import numpy as np
import pytest
from steadyhand.errors import UserError
from steadyhand.figures import impulse_responses

OPTIONS = {"impulse_amplitude": 0.5, "channel": "position"}


def prepared(*states, **options):
    sources = examples.sources("states", states)
    return impulse_responses.prepare(sources, OPTIONS | options)


@pytest.mark.parametrize("angle", [0.0, 0.7, 3.0, -2.0])
def test_paths_are_along_the_offset_and_to_its_left(angle):
    data = prepared(examples.responses([angle], bow=0.2, replicates=(0,)))
    path = data["path_mean"].isel(group=0)
    assert np.abs(path.isel(path_step=0)).max() < 1e-12
    assert path.sel(component="parallel").values[-1] == pytest.approx(0.5, rel=1e-12)
    assert path.sel(component="lateral").max() == pytest.approx(0.5 * 0.2, rel=0.02)


def test_turning_the_world_changes_nothing():
    angles = np.array([0.2, 1.9, 4.0])
    one, two = (prepared(examples.responses(angles + turn)) for turn in (0, 1.234))
    for name in ("path", "velocity_mean", "force_sd"):
        np.testing.assert_allclose(one[name], two[name], atol=1e-10)


def test_the_position_before_the_onset_is_not_part_of_the_path():
    states = examples.responses()
    moved = states.assign(position=states["position"] + 3.0)
    np.testing.assert_allclose(prepared(moved)["path"], prepared(states)["path"], atol=1e-12)
    data = prepared(states)
    assert data.sizes["path_step"] == states.sizes["time"] - 5
    assert (float(data["onset"][0]), float(data["end"][0])) == pytest.approx((0.25, 0.4))


def test_mean_and_spread_are_over_trials_and_replicates():
    states = examples.responses(replicates=(0, 1, 2))
    data = prepared(states)
    lateral = []
    for trial in range(2):
        angle = float(states["impulse_direction"][trial])
        left = np.array([-np.sin(angle), np.cos(angle)])
        values = states["velocity"].isel(trial=trial).transpose("replicate", "time", "axis").values
        lateral.extend(values @ left)
    mean, spread = (
        data[f"velocity_{it}"].isel(group=0).sel(component="lateral") for it in ("mean", "sd")
    )
    np.testing.assert_allclose(mean, np.mean(lateral, axis=0), atol=1e-12)
    np.testing.assert_allclose(spread, np.std(lateral, axis=0), atol=1e-12)
    assert spread.max() > 0


def test_amplitudes_are_selected_and_never_mixed():
    states = examples.responses(amplitudes=(0.5, 1.0))
    assert prepared(states)["curve_trial"].values.max() == 1
    assert prepared(states, impulse_amplitude=1.0)["curve_trial"].values.min() == 2
    with pytest.raises(UserError, match=r"impulse_amplitude 2: no such trial; there are: 0\.5, 1"):
        prepared(states, impulse_amplitude=2)
    windows = examples.responses()
    windows["impulse_onset"][1] = 6
    with pytest.raises(UserError, match="impulse_onset must be one of 5, 6: they are not mixed"):
        prepared(windows)
    with pytest.raises(UserError, match="2 windows of impulses in one figure"):
        prepared(examples.responses(), examples.responses(onset=6))


def test_models_with_shorter_trials_are_drawn_beside_longer_ones():
    data = prepared(examples.responses(steps=21), examples.responses(steps=31))
    figure = impulse_responses.draw(data, {})
    for trace in figure.data:
        assert len(trace.x) == len(trace.y)
    means = [it for it in figure.data if it.line.width == 3]
    assert [len(it.x) for it in means] == [21 - 5, 31 - 5]
    assert all(np.isfinite(np.asarray(it.y, float)).all() for it in means)


def test_a_velocity_that_is_not_finite_is_an_error():
    states = examples.responses()
    states["velocity"][0, 0, 3, 0] = np.nan
    with pytest.raises(UserError, match="hold a velocity that is not finite"):
        prepared(states)


def test_every_mark_is_in_the_legend_once_and_the_title_says_what_was_sensed():
    figure = impulse_responses.draw(prepared(examples.responses(), examples.responses()), {})
    named = [trace.name for trace in figure.data if trace.showlegend is not False and trace.name]
    assert len(named) == len(set(named)) == 3
    assert "an offset of the sensed position by 0.5 m" in figure.layout.title.text
    bands = [it for it in figure.layout.shapes if it.type == "rect"]
    assert len(bands) == 4 and {(it.x0, it.x1) for it in bands} == {(250, 400)}
