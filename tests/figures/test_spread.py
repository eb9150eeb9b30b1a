"""Numbers of trials in cells: densities, means of networks, and what is left out."""

import itertools

import figure_examples as examples
import numpy as np
import pandas as pd
import pytest
from scipy.stats import gaussian_kde
from steadyhand.errors import UserError
from steadyhand.figures import spread, tangling
from steadyhand.figures.source import Source


def prepared(*data, stds=None, **options):
    return tangling.prepare(examples.sources("tangling", data, stds), options)


def test_the_density_is_that_of_gaussian_kernels():
    random = np.random.default_rng(0)
    values = np.concatenate([random.normal(0, 1, 400), random.normal(6, 0.5, 600)])
    level, density = spread.density_of(values)
    assert (level[0], level[-1]) == (values.min(), values.max())
    width = 0.9 * min(values.std(), np.ptp(np.percentile(values, [25, 75])) / 1.34) * 1000**-0.2
    exact = gaussian_kde(values, width / values.std(ddof=1))(level)
    np.testing.assert_allclose(density, exact / exact.max(), atol=0.01)


@pytest.mark.parametrize("values", [[], [3.0], [3.0, 3.0], [1e6] * 5, [0.0, 0.0]])
def test_what_does_not_vary_has_no_density(values):
    level, density = spread.density_of(np.array(values))
    assert np.isnan(level).all() and np.isnan(density).all()


@pytest.mark.parametrize("scale", [1e-9, 1.0, 1e9])
def test_a_density_does_not_depend_on_units(scale):
    values = np.random.default_rng(1).gamma(2, size=300)
    level, density = spread.density_of(values)
    scaled = spread.density_of(scale * values)
    np.testing.assert_allclose(scaled[0], scale * level, rtol=1e-9)
    np.testing.assert_allclose(scaled[1], density, atol=1e-9)


def test_networks_are_averaged_before_they_are_compared():
    found = prepared(examples.tangled(((1, 100), (4, 100), (2, 100)), amplitudes=(0, 0, 0)))
    assert found["network_mean"].values.tolist() == [pytest.approx([2, 100])]  # geometric
    assert found["replicate"].values.tolist() == [[0, 3]]
    assert found["mean"].item() == pytest.approx(np.sqrt(200))
    low, high = found["low"].item(), found["high"].item()
    assert low * high == pytest.approx(200) and high > 100  # Student's t of two


def test_a_single_network_has_no_interval():
    found = prepared(examples.tangled(((1,), (2,)), replicates=(5,)))
    assert np.isnan(found["low"]).all() and np.isfinite(found["mean"]).all()


def test_what_is_no_number_is_left_out_and_counted():
    found = prepared(examples.tangled(((1, np.nan), (2, 0.0), (4, 8.0)), amplitudes=(0, 0, 0)))
    assert (found["count"].item(), found["missing"].item()) == (6, 2)
    np.testing.assert_allclose(found["network_mean"], [[2, 8]])
    figure = tangling.draw(found, {})
    said = figure.layout.title.subtitle.text.replace("<br>", " ")
    assert "In 2 of 6 trials there is no such number" in said


def test_colours_tell_trials_apart_or_training_conditions():
    data = [examples.tangled(((1, 2), (3, 4), (5, 6)), amplitudes=(0, 2, 4)) for _ in range(2)]
    trials = prepared(*data, by="field_amplitude", units={"field_amplitude": "N s m-1"})
    assert trials["group"].values.tolist() == ["0", "2", "4"]
    assert trials["place"].values.tolist() == ["0", "1"]
    assert trials.attrs["group_title"] == "field_amplitude [N s/m]"
    train = prepared(*data, by="field_amplitude", color="train")
    assert train["place"].values.tolist() == ["0", "2", "4"]
    assert train["group"].values.tolist() == ["0", "1"]
    assert trials["x"].values.tolist() == train["colour"].values.tolist() == [0, 0, 0, 1, 1, 1]
    np.testing.assert_array_equal(trials["mean"], train["mean"])


def test_models_stand_in_the_order_of_their_condition():
    found = prepared(
        examples.tangled(((5, 5),), amplitudes=(0,)),
        examples.tangled(((1, 1),), amplitudes=(0,)),
        stds=(2, 1),
    )
    assert found["place"].values.tolist() == ["1", "2"]
    assert found["mean"].values.tolist() == [pytest.approx(1), pytest.approx(5)]


def test_other_trials_are_selected_and_never_mixed():
    data = examples.tangled(((1, 1), (100, 100)), amplitudes=(0, 4))
    assert prepared(data, field_amplitude=4)["mean"].item() == pytest.approx(100)
    with pytest.raises(UserError, match="field_amplitude 3: no such trial; there are: 0, 4"):
        prepared(data, field_amplitude=3)


def test_a_condition_that_a_model_lacks_has_no_cell():
    one, both = examples.tangled(amplitudes=(0, 0)), examples.tangled(amplitudes=(0, 1))
    found = prepared(one, both, by="field_amplitude")
    cells = zip(found["model"].values.tolist(), found["trials"].values.tolist(), strict=True)
    assert list(cells) == [(0, 0), (1, 0), (1, 1)]
    tangling.draw(found, {})


def test_models_that_differ_in_several_columns_stand_in_panels():
    sources = [
        Source(
            f"{std} {delay}",
            "",
            {"train.field.std": std, "train.feedback.delay": delay},
            {"tangling": examples.tangled(((std + 10 * delay + 1,) * 2,), amplitudes=(0,))},
        )
        for delay in (5, 0)
        for std in (2, 0, 1)
        if (delay, std) != (5, 1)
    ]
    found = tangling.prepare(sources, {})
    assert found["panel"].values.tolist() == ["feedback.delay = 0", "feedback.delay = 5"]
    assert found["place"].values.tolist() == ["0", "1", "2"]
    cells = zip(found["panel_of"].values, found["x"].values, found["mean"].values, strict=True)
    assert {(int(a), int(b)): round(float(c)) for a, b, c in cells} == {
        (0, 0): 1,
        (0, 1): 2,
        (0, 2): 3,
        (1, 0): 51,
        (1, 2): 53,
    }
    figure = tangling.draw(found, {})
    assert [it.text for it in figure.layout.annotations] == found["panel"].values.tolist()
    colours = tangling.prepare(sources, {"color": "train"})
    assert colours["group"].values.tolist() == ["0", "1", "2"]
    named = [it.name for it in tangling.draw(colours, {}).data if it.name]
    assert named == ["0", "1", "2"]


def test_networks_that_models_have_fewer_of_are_no_points():
    wide = examples.tangled(((1, 2, 3), (1, 2, 3)), replicates=(0, 1, 2))
    found = prepared(wide, examples.tangled(((7,), (9,)), replicates=(4,)))
    assert found["replicate"].values.tolist() == [[0, 1, 2], [4, -1, -1]]
    points = [
        it for it in tangling.draw(found, {}).data if "replicate %" in (it.hovertemplate or "")
    ]
    assert [list(it.customdata) for it in points] == [[0, 1, 2], [4]]


def test_one_number_of_each_network_is_no_violin():
    found = prepared(examples.tangled(((1, 2),), amplitudes=(0,)))
    assert np.isnan(found["density"]).all()
    assert "Violins" not in tangling.draw(found, {}).layout.title.subtitle.text
    assert "Violins" in tangling.draw(prepared(examples.tangled()), {}).layout.title.subtitle.text


def test_no_number_at_all_is_said():
    found = prepared(examples.tangled(((np.nan, np.nan),), amplitudes=(0,)))
    texts = [it.text for it in tangling.draw(found, {}).layout.annotations]
    assert any("No trial has such a number" in text for text in texts)


def test_violins_stay_within_their_rooms():
    data = [
        examples.tangled(np.random.default_rng(0).gamma(2, size=(40, 2)), amplitudes=[0, 2] * 20)
    ] * 3
    found = prepared(*data, by="field_amplitude")
    violins = [it for it in tangling.draw(found, {}).data if it.fill == "toself"]
    spans = sorted((min(it.x), max(it.x)) for it in violins)
    assert len(spans) == 6
    assert all(one[1] < other[0] for one, other in itertools.pairwise(spans))
    assert all(round(low) == round(high) for low, high in spans)


def test_tables_have_the_rows_of_every_trial_and_network():
    source = examples.source("tangling", examples.tangled(amplitudes=(0, 2)))
    found = tangling._table(source, ["field_amplitude"])
    expected = pd.DataFrame(
        {"replicate": [0, 3, 0, 3], "value": [1.0, 10, 2, 20], "field_amplitude": [0.0, 0, 2, 2]}
    )
    pd.testing.assert_frame_equal(found, expected)
