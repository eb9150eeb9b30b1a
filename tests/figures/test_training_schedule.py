import figure_examples as examples
import numpy as np
import pytest
from steadyhand.errors import UserError
from steadyhand.figures import style, training_schedule
from steadyhand.figures.source import Source


def source(rate=0.01, std=0.0, batches=50, **columns):
    history = examples.history(batches=batches)
    history["learning_rate"][:] = rate
    condition = {"train.optimizer.learning_rate": rate, "train.field.std": std}
    condition |= {f"train.{name.replace('__', '.')}": value for name, value in columns.items()}
    return Source(f"{rate} {std} {batches}", f"std {std}", condition, {"history": history})


def prepared(given):
    return training_schedule.prepare(given, {})


def lines(figure, panel="y"):
    return [t for t in figure.data if t.mode == "lines" and t.yaxis == panel and t.x[0] is not None]


def test_models_with_one_schedule_share_one_line():
    data = prepared([source(std=std) for std in range(10)])
    assert data["schedule"].values.tolist() == ["all 10 models"]
    figure = training_schedule.draw(data, {})
    assert len(lines(figure)) == 1
    assert "All models share one schedule" in figure.layout.title.subtitle.text


def test_schedules_are_named_by_what_sets_them_apart():
    given = [source(rate, std) for rate in (0.01, 0.001) for std in (0.0, 1.0, 2.0)]
    data = prepared(given)
    assert data["schedule"].values.tolist() == [
        "optimizer.learning_rate = 0.001",
        "optimizer.learning_rate = 0.01",
    ]
    assert data["models"].values.tolist() == [3, 3]
    figure = training_schedule.draw(data, {})
    assert [trace.name for trace in figure.data if trace.showlegend is not False] == [
        "optimizer.learning_rate = 0.001<br>(3 models)",
        "optimizer.learning_rate = 0.01<br>(3 models)",
    ]


def test_what_schedules_share_is_drawn_once_in_black():
    data = prepared([source(rate) for rate in (0.01, 0.003, 0.001)])
    figure = training_schedule.draw(data, {})
    assert [len(lines(figure, panel)) for panel in ("y", "y2", "y3", "y4")] == [3, 1, 1, 1]
    assert {lines(figure, panel)[0].line.color for panel in ("y2", "y3", "y4")} == {style.INK}
    assert style.INK not in {line.line.color for line in lines(figure)}
    assert lines(figure, "y2")[0].name == "all schedules"


def test_trainings_may_differ_in_length():
    given = [source(batches=it, schedule__n_batches=it) for it in (50, 20)]
    data = prepared(given)
    assert data["n_batches"].values.tolist() == [20, 50]
    assert np.isnan(data["learning_rate"].values[0, 20:]).all()
    short, long = lines(training_schedule.draw(data, {}))
    assert max(short.x) == 20 and max(long.x) == 50


def test_long_lines_are_thinned_but_keep_their_jumps():
    given = source(batches=20_000)
    given.data["history"]["noise_scale"][12_345:] = 0
    figure = training_schedule.draw(prepared([given]), {})
    (noise,) = lines(figure, "y3")
    assert len(noise.x) < 420
    assert {12_344: 1.0, 12_345: 0.0}.items() <= dict(zip(noise.x, noise.y, strict=True)).items()


def test_bars_cover_the_batches_in_which_a_part_is_trained():
    given = source()
    given.data["history"]["trains_readout"][30:] = 0
    figure = training_schedule.draw(prepared([given]), {})
    (bars,) = lines(figure, "y4")
    hidden, readout = np.asarray(bars.x)[:5], np.asarray(bars.x)[6:11]
    assert hidden.tolist() == [0, 50, 50, 0, 0] and readout.tolist() == [0, 30, 30, 0, 0]


def test_resets_are_marks_on_the_learning_rate():
    given = source()
    given.data["history"]["resets_optimizer"][[10, 40]] = 1
    figure = training_schedule.draw(prepared([given]), {})
    (marks,) = [t for t in figure.data if t.mode == "markers" and t.x[0] is not None]
    assert list(marks.x) == [10, 40] and np.allclose(marks.y, 0.01)
    assert [t.name for t in figure.data if t.showlegend is not False] == [
        "std 0.0",
        "optimizer reset",
    ]


def test_no_model_is_an_error():
    with pytest.raises(UserError, match="no model was selected"):
        prepared([])
