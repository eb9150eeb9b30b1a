import figure_examples as examples
import numpy as np
import pytest
import xarray as xr
from steadyhand.errors import UserError
from steadyhand.figures import aligned_reaches


def prepared(*states, **options):
    sources = examples.sources("states", states)
    return aligned_reaches.prepare(sources, options)


@pytest.mark.parametrize("angle", [0.0, 0.7, 3.0, -2.0])
@pytest.mark.parametrize("quantity", aligned_reaches.QUANTITIES)
def test_a_straight_reach_has_no_lateral_part(angle, quantity):
    data = prepared(examples.states(angles=[angle]))
    scale = np.abs(data[quantity]).max()
    assert np.abs(data[quantity].sel(component="lateral")).max() < 1e-14 * max(1, scale)


@pytest.mark.parametrize("bow", [0.03, -0.02], ids=["left", "right"])
@pytest.mark.parametrize("angle", [0.0, 0.7, 3.0])
def test_left_of_the_reach_is_positive(bow, angle):
    data = prepared(examples.states(angles=[angle], bow=bow, replicates=(0,)))
    lateral = data["position"].sel(component="lateral").values
    assert lateral[..., 0] == 0
    peak = lateral.ravel()[np.abs(lateral).argmax()]
    assert peak == pytest.approx(bow, rel=1e-12)


def test_turning_the_world_changes_nothing():
    angles = np.array([0.2, 1.9, 4.0])
    one = prepared(examples.states(angles=angles, bow=0.1))
    two = prepared(examples.states(angles=angles + 1.234, bow=0.1))
    for quantity in aligned_reaches.QUANTITIES:
        np.testing.assert_allclose(one[quantity], two[quantity], atol=1e-12)


@pytest.mark.parametrize("length", [0.3, 0.5, 1.25])
def test_the_goal_is_where_the_data_put_it(length):
    data = prepared(examples.states(lengths=[length]))
    assert data["distance"].values.ravel() == pytest.approx([length])
    last = data["position"].sel(component="parallel").isel(step=-1)
    assert last.values == pytest.approx(np.full(last.shape, length))
    figure = aligned_reaches.draw(data, {})
    (goal,) = [trace for trace in figure.data if trace.name == "goal"]
    assert list(goal.x) == pytest.approx([length])


def test_rounding_makes_no_further_goals():
    states = examples.states(angles=np.linspace(0, 6, 24), lengths=[0.1, 0.5]).astype("f4")
    assert prepared(states)["distance"].values[0] == pytest.approx([0.1, 0.5], rel=1e-6)


def test_amplitudes_are_selected_by_value():
    states = examples.states(angles=[0, 1], amplitudes=(0.0, 2.0))
    assert prepared(states, field_amplitude=2)["curve_trial"].values[0].tolist() == [2, 3, 2, 3]


@pytest.mark.parametrize(
    ("amplitudes", "chosen"),
    [((0.0, 1e-9), 0.0), ((1e-9, 2e-9), 1e-9), ((1.0, 1 + 2e-7), 1.0), ((0.1, 0.3), 0.1)],
)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_amplitudes_that_are_close_are_not_mixed(amplitudes, chosen, dtype):
    """Also where they are stored in single precision, which has no 0.1."""
    states = examples.states(angles=[0, 1], amplitudes=amplitudes)
    states["field_amplitude"] = states["field_amplitude"].astype(dtype)
    data = prepared(states, field_amplitude=chosen)
    assert sorted(set(data["curve_trial"].values[0].tolist())) == [0, 1]


def test_an_amplitude_that_is_not_there_names_those_that_are():
    states = examples.states(amplitudes=(0.0, 0.5, 2.0))
    with pytest.raises(UserError, match=r"field_amplitude 1: no such trial; there are: 0, 0\.5, 2"):
        prepared(states, field_amplitude=1)


def test_amplitudes_are_not_mixed_in_silence():
    with pytest.raises(UserError, match="must be one of 0, 2"):
        prepared(examples.states(amplitudes=(0.0, 2.0)))


def test_trials_without_a_reach_are_refused():
    states = examples.states()
    states["goal"] = states["start"]
    with pytest.raises(UserError, match="none of 1 trials is a reach"):
        prepared(states)


def test_trials_without_a_reach_are_left_out_beside_reaches():
    states = examples.states(angles=[0, 1, 2])
    states["goal"][1] = states["start"][1]
    data = prepared(states)
    assert sorted(set(data["curve_trial"].values[0].tolist())) == [0, 2]
    assert int(data["reach_count"][0]) == 4


def test_curves_are_spread_over_replicates_and_the_mean_is_over_all():
    angles = np.linspace(0, 6, 30)
    states = examples.states(angles=angles, replicates=(0, 2, 3), bow=0.1)
    data = prepared(states, max_curves=20)
    counts = np.unique(data["curve_replicate"].values[0], return_counts=True)
    assert counts[0].tolist() == [0, 2, 3] and sorted(counts[1].tolist()) == [6, 7, 7]
    peak = data["position_mean"].sel(component="lateral").max()
    assert float(peak) == pytest.approx(0.1 * np.mean([1, 3, 4]))


def test_the_choice_of_curves_is_the_same_every_time_and_for_every_model():
    states = examples.states(angles=np.linspace(0, 6, 40))
    first, second = prepared(states, states), prepared(states, states)
    xr.testing.assert_identical(first, second)
    assert np.array_equal(first["curve_trial"][0], first["curve_trial"][1])


def test_means_can_stand_without_single_curves():
    data = prepared(examples.states(bow=0.1), max_curves=0)
    figure = aligned_reaches.draw(data, {})
    assert [len(t.x) for t in figure.data if t.opacity == 0.4] == [0, 0, 0]
    assert float(data["position_mean"].max()) > 0.1


@pytest.mark.parametrize("part", [0.5, 1.0, 1.5], ids=["short", "at the goal", "beyond"])
def test_no_curve_touches_the_frame_and_the_goal_is_inside(part):
    states = examples.states(bow=0.1)
    states["position"] = states["start"] + part * (states["position"] - states["start"])
    figure = aligned_reaches.draw(prepared(states), {})
    low, high = figure.layout.xaxis.range
    shown = [np.asarray(trace.x, float) for trace in figure.data if trace.xaxis == "x"]
    everything = np.concatenate(shown)
    assert low < np.nanmin(everything) and np.nanmax(everything) < high


def test_models_may_differ_in_replicates_and_steps():
    data = prepared(
        examples.states(replicates=(0,), steps=11), examples.states(replicates=(0, 1), steps=21)
    )
    assert data["curve_count"].values.tolist() == [1, 2]
    assert data["step_count"].values.tolist() == [11, 21]
    figure = aligned_reaches.draw(data, {})
    lengths = [len(t.x) for t in figure.data if t.opacity == 0.4]
    assert lengths == [12, 44] * 3


def test_replicates_show_their_own_numbers_and_data():
    states = examples.states(replicates=(0, 2), bow=0.1)
    figure = aligned_reaches.draw(prepared(states), {})
    trace = figure.data[0]
    rows = np.asarray(trace.customdata)
    assert rows.dtype.kind == "i"
    for replicate, peak in ((0, 0.1), (2, 0.3)):
        own = (rows[:, 0] == replicate) & (rows[:, 2] >= 0)
        assert set(rows[own, 1].tolist()) == {0}
        assert np.asarray(trace.y)[own].max() == pytest.approx(peak)
        assert rows[own, 2].tolist() == [50 * step for step in range(21)]


def test_the_position_panel_has_equal_aspect_and_one_trace_per_group():
    figure = aligned_reaches.draw(prepared(examples.states(), examples.states()), {})
    assert figure.layout.yaxis.scaleanchor == "x" and figure.layout.yaxis.scaleratio == 1
    assert figure.layout.yaxis2.scaleanchor is None
    assert len([trace for trace in figure.data if trace.opacity == 0.4]) == 2 * 3
    assert [t.name for t in figure.data if t.showlegend is True] == ["curl std 0", "curl std 1"]


def test_a_state_that_is_not_finite_is_an_error():
    states = examples.states()
    states["velocity"][0, 0, 3, 1] = np.nan
    with pytest.raises(UserError, match="velocity that is not finite"):
        prepared(states)


HYBRID = {"angles": [0, 1, 2], "bow": 0.04, "replicates": (0,), "contexts": (-1.0, 0.0, 2.0)}


def test_contexts_of_a_model_are_groups_in_order():
    data = prepared(
        examples.states(**HYBRID, amplitudes=(0.0, 1.0)), field_amplitude=1, color="sisu"
    )
    assert data["group"].values.tolist() == ["SISU -1", "SISU 0", "SISU 2"]
    trials = [sorted(set(row.tolist())) for row in data["curve_trial"].values]
    assert trials == [[9, 10, 11], [12, 13, 14], [15, 16, 17]]
    peak = data["position_mean"].sel(component="lateral").max("step").values
    assert peak == pytest.approx([0.08, 0.04, 0.01], rel=1e-3)


def test_models_are_compared_at_one_context():
    states = examples.states(**HYBRID)
    data = prepared(states, states, sisu=2.0)
    assert sorted(set(data["curve_trial"].values.ravel().tolist())) == [6, 7, 8]
    peak = data["position_mean"].sel(component="lateral").max("step").values
    assert peak == pytest.approx([0.01, 0.01], rel=1e-3)


def test_the_title_says_what_is_compared_and_what_is_the_same():
    states = examples.states(**HYBRID)
    for options, expected in (
        ({"color": "sisu"}, "by SISU: curl std 0, field amplitude 0"),
        ({"sisu": -1.0}, "by training condition: field amplitude 0, SISU -1"),
    ):
        figure = aligned_reaches.draw(prepared(states, field_amplitude=0.0, **options), {})
        assert figure.layout.title.text.replace("<br>", " ").endswith(expected)


def test_each_context_has_a_colour_and_a_dash_of_its_own():
    figure = aligned_reaches.draw(prepared(examples.states(**HYBRID), color="sisu"), {})
    assert figure.layout.legend.title.text == "context input"
    means = [trace.line for trace in figure.data if trace.showlegend is True]
    assert len({line.color for line in means}) == len({line.dash for line in means}) == 3


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "sisu must be one of -1, 0, 2: they are not mixed"),
        ({"sisu": 1.0}, r"sisu 1\.0: no such trial; there are: -1, 0, 2"),
    ],
)
def test_contexts_are_not_mixed_in_silence(options, expected):
    with pytest.raises(UserError, match=expected):
        prepared(examples.states(**HYBRID), **options)


def test_states_without_contexts_say_so():
    with pytest.raises(UserError, match="its states lack sisu"):
        prepared(examples.states(), color="sisu")
