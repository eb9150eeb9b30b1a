import figure_examples as examples
import numpy as np
import pytest
from steadyhand.errors import UserError
from steadyhand.figures import loss_history, style


def prepared(history, **options):
    return loss_history.prepare([examples.source("history", history)], options)


def test_the_mean_is_geometric():
    mean = prepared(examples.history(replicates=(0, 1, 2)))["mean"].sel(term="effector_position")
    assert np.allclose(mean, 10 / np.arange(1, 51))  # of 1, 10 and 100 over the batch


def test_means_are_over_every_batch_of_their_bins_and_spreads_only_over_replicates():
    history = examples.history(replicates=(0, 1, 2), batches=5000)
    noise = 10.0 ** np.where(np.arange(5000) % 2, 1, -1)  # averages out over an even bin
    history["loss_term"] = history["loss_term"] * noise
    history["trains_readout"][3000:] = 0
    data = prepared(history, max_points=100)
    first, last = data["first"].values, data["last"].values
    assert first[0] == 1 and last[-1] == 5000 and np.array_equal(first[1:], last[:-1] + 1)
    assert 3001 in first and len(first) <= loss_history.BINS + 1
    assert np.array_equal(first[:20], last[:20])  # early batches stand alone
    expected = np.log10(examples.history(batches=5000)["loss_term"][:, 1] * noise)
    for index in (-1, -2, -20):
        own = expected[:, first[index] - 1 : last[index]].mean("batch")
        assert np.allclose(np.log10(data["mean"].values[1:, index]), own)
    assert np.allclose(data["spread"].isel(term=slice(1, None)), 1)


def test_a_batch_in_which_a_term_is_zero_leaves_its_bin_to_the_others():
    history = examples.history(batches=5000)
    history["loss_term"].loc[{"term": "nn_output"}][:, 4990] = 0
    assert np.isfinite(prepared(history)["mean"]).all()


def test_excluded_replicates_do_not_enter_the_mean():
    history = examples.history(replicates=(0, 1, 2), excluded=(2,))
    history["loss"][2], history["loss_term"][:, 2] = np.nan, np.nan
    mean = prepared(history)["mean"].sel(term="effector_position")
    assert np.allclose(mean, np.sqrt(10) / np.arange(1, 51))


def test_batches_are_counted_from_one_and_the_choice_lies_on_the_curve():
    data = prepared(examples.history(batches=50))
    assert data["batch"].values[[0, -1]].tolist() == [1, 50]
    at_choice = data["loss"].sel(term="total", batch=40)
    assert np.array_equal(data["chosen_loss"], at_choice)


def test_long_histories_are_thinned_but_keep_ends_and_choices():
    history = examples.history(batches=20_000)
    history["chosen_batch"][:] = [1, 777, 19_877]
    batch = prepared(history, max_points=200)["batch"].values
    assert len(batch) <= 200 + 20 + 3
    assert {1, 2, 777, 19_877, 20_000} <= set(batch.tolist())
    assert (np.diff(batch) > 0).all()


def test_a_term_of_weight_zero_is_named_not_drawn():
    history = examples.history()
    history["loss_term"].loc[{"term": "nn_hidden"}] = 0
    data = prepared(history)
    assert data.attrs["not_drawn"] == ["nn_hidden"]
    figure = loss_history.draw(data, {})
    assert "hidden activity" in figure.layout.title.subtitle.text
    assert "hidden activity" not in [trace.name for trace in figure.data]


def test_an_included_replicate_that_diverged_is_an_error():
    history = examples.history(replicates=(0, 5))
    history["loss"][1, 7:] = np.nan
    with pytest.raises(UserError, match="replicate 5 included, with losses not finite"):
        prepared(history)


def test_nothing_trained_is_an_error():
    with pytest.raises(UserError, match="0 batches"):
        prepared(examples.history(batches=0))


def test_one_model_per_figure():
    sources = [examples.source("history", examples.history(), model_id=m) for m in ("a", "b")]
    with pytest.raises(UserError, match=r"exactly one model, not 2 \(a, b\)"):
        loss_history.prepare(sources, {})


def test_replicates_keep_their_numbers_and_data():
    data = prepared(examples.history(replicates=(0, 2, 7), excluded=(2,)))
    figure = loss_history.draw(data, {})
    (total,) = [t for t in figure.data if t.name == "total" and t.opacity]
    numbers = np.asarray(total.customdata)[:, 0]
    assert set(numbers.tolist()) == {0, 7}
    for replicate in (0, 7):
        y = np.asarray(total.y)[numbers == replicate]
        expected = data["loss"].sel(term="total", replicate=replicate)
        assert np.allclose(y[:-1], expected) and np.isnan(y[-1])


def test_excluded_replicates_are_grey_and_said():
    figure = loss_history.draw(prepared(examples.history(excluded=(1,))), {})
    key = [trace for trace in figure.data if trace.name == "replicate 1<br>(excluded)"]
    assert len(key) == 1 and key[0].line.color == style.EXCLUDED
    grey = [
        trace for trace in figure.data if trace.legendgroup == "excluded" and trace is not key[0]
    ]
    assert {int(n) for trace in grey for n in np.asarray(trace.customdata)[:, 0]} == {1}


def test_a_model_without_included_replicates_is_drawn_in_grey():
    data = prepared(examples.history(replicates=(0, 1), excluded=(0, 1)))
    assert np.isnan(data["mean"]).all()
    assert "None of them is included" in loss_history.draw(data, {}).layout.title.subtitle.text


def test_a_replicate_without_a_choice_has_no_mark():
    history = examples.history(replicates=(0, 1), excluded=(1,))
    history["chosen_batch"][1] = -1
    history["loss"][1, 5:], history["loss_term"][:, 1, 5:] = np.nan, np.nan
    figure = loss_history.draw(prepared(history), {})
    (marks,) = [trace for trace in figure.data if trace.name == "chosen snapshot"]
    assert np.asarray(marks.customdata).tolist() == [[0, 40]]


def test_a_model_that_broke_at_once_still_has_a_figure():
    history = examples.history(replicates=(0,), excluded=(0,))
    history["chosen_batch"][:] = -1
    history["loss"][:], history["loss_term"][:] = np.nan, np.nan
    data = prepared(history)
    assert data["term"].values.tolist() == ["total"] and np.isnan(data["loss"]).all()
    loss_history.draw(data, {})


def test_the_band_is_one_standard_deviation_of_the_logarithm():
    data = prepared(examples.history(replicates=(0, 1, 2)))
    # decades: term r − t of replicate r, so one decade apart
    assert np.allclose(data["spread"].sel(term="nn_output"), 1)
    figure = loss_history.draw(data, {})
    (band,) = [trace for trace in figure.data if trace.name == "network output, spread"]
    middle = len(band.y) // 2
    mean = data["mean"].sel(term="nn_output").values
    assert np.allclose(band.y[:middle], 10 * mean)
    assert np.allclose(band.y[middle:][::-1], mean / 10)
    assert np.array_equal(band.x[:middle], band.x[middle:][::-1])


def test_excluded_replicates_do_not_widen_the_band():
    data = prepared(examples.history(replicates=(0, 1, 2), excluded=(2,)))
    assert np.allclose(data["spread"].sel(term="nn_output"), np.std([0, 1], ddof=1))


@pytest.mark.parametrize("excluded", [(1, 2), (0, 1, 2)])
def test_fewer_than_two_replicates_have_no_band(excluded):
    data = prepared(examples.history(replicates=(0, 1, 2), excluded=excluded))
    assert np.isnan(data["spread"]).all()
    figure = loss_history.draw(data, {})
    assert not [trace for trace in figure.data if trace.fill == "toself"]
    assert "Band" not in figure.layout.title.subtitle.text


def test_a_network_that_failed_ends_with_its_reason():
    data = prepared(examples.history(replicates=(0, 3), failed={3: 20}))
    total = data["loss"].sel(term="total", replicate=3)
    assert np.isfinite(total.sel(batch=20)) and np.isnan(total.sel(batch=slice(21, None))).all()
    assert data["failed_loss"].values[1] == total.sel(batch=20)
    assert np.isnan(data["failed_loss"].values[0])
    figure = loss_history.draw(data, {})
    (mark,) = [trace for trace in figure.data if trace.name == "network failed"]
    assert np.asarray(mark.customdata).tolist() == [[3, 20]]
    assert list(mark.hovertext) == ["loss not finite"]
    assert "failed: %{hovertext} in batch %{customdata[1]}" in mark.hovertemplate
    assert figure.layout.title.subtitle.text.endswith("Failed: replicate 3.")


def test_excluded_replicates_say_why():
    figure = loss_history.draw(prepared(examples.history(excluded=(1,))), {})
    hovers = [trace.hovertemplate for trace in figure.data if trace.legendgroup == "excluded"]
    assert any("excluded: validation_loss beyond the rule 'mad'" in it for it in hovers if it)


def test_a_model_whose_networks_all_failed_at_once_says_so():
    data = prepared(examples.history(replicates=(0, 1), failed={0: 0, 1: 0}))
    (said,) = loss_history.draw(data, {}).layout.annotations
    assert "every replicate failed in its first batch (loss not finite)" in said.text.replace(
        "<br>", " "
    )


def test_phases_are_lines_with_labels_and_their_batches_are_kept():
    history = examples.history(batches=20_000)
    history["trains_readout"][12_345:] = 0
    data = prepared(history, max_points=200)
    assert {12_345, 12_346} <= set(data["batch"].values.tolist())
    figure = loss_history.draw(data, {})
    assert [shape.x0 for shape in figure.layout.shapes] == [12_345]
    assert [it.text for it in figure.layout.annotations] == ["readout fixed"]
