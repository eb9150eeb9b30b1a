import figure_examples as examples
import numpy as np
import pytest
from steadyhand.errors import UserError
from steadyhand.figures import loss_over_replicates, style


def sources(*stds, **changes):
    return [
        examples.source("history", examples.history(**changes), std=std, model_id=str(std))
        for std in stds
    ]


def prepared(given, **options):
    return loss_over_replicates.prepare(given, options)


def test_first_chosen_and_last_are_the_losses_of_their_snapshots():
    data = prepared(sources(1.0, snapshots=(0, 10, 40, 99)))
    assert data["batches"].values.tolist() == [[0, 40, 99]] * 3
    expected = [[100 * 2**r / (1 + batch) for batch in (0, 40, 99)] for r in range(3)]
    assert np.allclose(data["loss"], expected)


def test_conditions_stand_in_the_order_of_their_numbers():
    data = prepared(sources(10.0, 0.0, 2.0))
    assert data["condition"].values.tolist() == [f"field.std = {it}" for it in (0, 2, 10)]
    assert data["rows"].values.ravel().tolist() == ["0", "2", "10"]


def test_mean_and_spread_are_of_the_logarithm_and_of_included_replicates():
    data = prepared(sources(0.0, replicates=(0, 1, 2, 3), excluded=(3,)))
    assert np.allclose(data["mean"].sel(stage="first"), 200)  # of 100, 200 and 400
    assert np.allclose(data["spread"], np.log10(2))


def test_without_included_replicates_there_is_no_mean_and_it_is_said():
    given = sources(0.0) + sources(1.0, excluded=(0, 1, 2))
    data = prepared(given)
    assert np.isnan(data["mean"].values[1]).all() and np.isfinite(data["mean"].values[0]).all()
    subtitle = loss_over_replicates.draw(data, {}).layout.title.subtitle.text
    assert "None is included of: field.std = 1." in subtitle.replace("<br>", " ")


def test_a_single_included_replicate_has_no_spread():
    data = prepared(sources(0.0, replicates=(0, 1), excluded=(1,)))
    assert np.isnan(data["spread"]).all() and np.allclose(data["mean"].sel(stage="first"), 100)


def test_excluded_replicates_are_grey_and_say_why():
    data = prepared(sources(0.0, replicates=(0, 4), failed={4: 20}))
    assert data["batches"].values[1].tolist() == [0, 40, 10]
    figure = loss_over_replicates.draw(data, {})
    grey = [trace for trace in figure.data if trace.name == "excluded"]
    assert [len(trace.x) for trace in grey] == [1, 2]
    assert {trace.marker.color for trace in grey} == {style.EXCLUDED}
    for text in (*grey[0].hovertext, *grey[1].hovertext):
        assert "replicate 4" in text and "excluded: loss not finite in batch 20" in text


def test_what_has_no_loss_is_not_drawn():
    given = sources(0.0, replicates=(0, 1), excluded=(1,))
    history = given[0].data["history"]
    history["chosen_batch"][1] = -1
    history["validation_loss"][1] = np.nan
    data = prepared(given)
    assert np.isnan(data["loss"].values[1]).all() and np.isfinite(data["loss"].values[0]).all()
    loss_over_replicates.draw(data, {})


def test_points_lie_within_the_room_of_their_condition_and_are_always_the_same():
    given = sources(0.0, 1.0, replicates=range(20))
    first, second = (loss_over_replicates.draw(prepared(given), {}).to_json() for _ in range(2))
    assert first == second
    figure = loss_over_replicates.draw(prepared(given), {})
    places = np.concatenate([trace.x for trace in figure.data if trace.hovertext is not None])
    assert np.abs(places - places.round()).max() < 0.5


def test_two_things_that_vary_are_two_rows_under_the_axis():
    given = sources(0.0, 1.0)
    for weight, source in zip((0.01, 0.0), given, strict=True):
        source.condition["train.loss.readout_norm"] = weight
    units = {"train.field.std": "N s m-1"}
    figure = loss_over_replicates.draw(prepared(given, units=units), {})
    assert list(figure.layout.xaxis.ticktext) == ["0<br>0.01", "1<br>0"]
    title = figure.layout.xaxis2.title.text
    assert title == "row 1: field.std [N s/m];  row 2: loss.readout_norm"


def test_no_model_is_an_error():
    with pytest.raises(UserError, match="no model was selected"):
        prepared([])
