import json
import re

import figure_examples as examples
import numpy as np
import plotly.graph_objects as go
import point_examples
import pytest
from steadyhand.figures import figure_module, loss_history, page
from steadyhand.store.dataset_writer import write_dataset
from steadyhand.store.datasets import open_dataset
from steadyhand.store.errors import ArtefactError

FILES = ["figure.json", "figure.html"]


def drawn() -> go.Figure:
    sources = [examples.source("history", examples.history(excluded=(1,)))]
    return loss_history.draw(loss_history.prepare(sources, {}), {})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("figure")
    page.write_figure(folder, drawn(), examples.meta("loss_history"))
    return folder


def test_equal_figures_are_equal_bytes(folder, tmp_path):
    page.write_figure(tmp_path, drawn(), examples.meta("loss_history"))
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)


def test_what_was_written_passes_its_check(folder):
    page.check_figure(folder)


@pytest.mark.parametrize("name", FILES)
def test_any_changed_byte_is_noticed(folder, tmp_path, name):
    contents = {file: (folder / file).read_bytes() for file in FILES}
    for file, content in contents.items():
        (tmp_path / file).write_bytes(content)
    length = len(contents[name])
    seal = contents[name].index(b"sha256")
    places = [*np.linspace(0, length - 1, 20).astype(int), seal + 10, seal + 30]
    for place in places:
        for flip in (1, 0x20):
            damaged = bytearray(contents[name])
            damaged[place] ^= flip
            (tmp_path / name).write_bytes(damaged)
            with pytest.raises(ArtefactError, match=re.escape(name)):
                page.check_figure(tmp_path)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("change", [lambda c: c[:-1], lambda c: c + b" ", lambda c: b""])
def test_lost_and_added_bytes_are_noticed(folder, tmp_path, name, change):
    for file in FILES:
        (tmp_path / file).write_bytes((folder / file).read_bytes())
    (tmp_path / name).write_bytes(change((folder / name).read_bytes()))
    with pytest.raises(ArtefactError, match=re.escape(name)):
        page.check_figure(tmp_path)


def test_a_page_of_another_figure_is_noticed(folder, tmp_path):
    page.write_figure(tmp_path, drawn(), examples.meta("loss_history", title="Another"))
    (tmp_path / "figure.json").write_bytes((folder / "figure.json").read_bytes())
    with pytest.raises(ArtefactError, match=r"figure\.html: it shows another figure"):
        page.check_figure(tmp_path)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_named(folder, tmp_path, name):
    (other,) = set(FILES) - {name}
    (tmp_path / other).write_bytes((folder / other).read_bytes())
    with pytest.raises(ArtefactError, match=re.escape(name)):
        page.check_figure(tmp_path)


def test_the_figure_comes_back_with_its_origin(folder):
    figure = page.read_figure(folder)
    assert len(figure.data) == len(drawn().data)
    meta = examples.meta("loss_history")
    assert {key: figure.layout.meta[key] for key in meta} == meta


def test_the_files_are_portable(folder):
    text = (folder / "figure.html").read_text()
    assert re.findall(r'<script src="([^"]*)"', text) == ["../../assets/plotly.min.js"]
    assert "http" not in text
    document = json.loads((folder / "figure.json").read_text())
    assert list(document) == sorted(document)


def test_text_cannot_leave_its_place(tmp_path):
    wicked = "</script><script>alert(1)</script>"
    figure = go.Figure(go.Scatter(x=[1], y=[1], name=wicked))
    page.write_figure(tmp_path, figure, examples.meta("loss_history", title=wicked))
    assert wicked not in (tmp_path / "figure.html").read_text()
    page.check_figure(tmp_path)


def test_meta_is_complete(tmp_path):
    with pytest.raises(ValueError, match="provenance"):
        page.write_figure(tmp_path, drawn(), {"figure_id": "0"})


def test_the_library_is_the_installed_one(tmp_path):
    page.write_library(tmp_path / "assets" / "plotly.min.js")
    assert b"plotly.js" in (tmp_path / "assets" / "plotly.min.js").read_bytes()[:200]


@pytest.mark.parametrize(
    ("figure_type", "role", "dataset"),
    [
        ("loss_history", "history", examples.history(excluded=(1,))),
        ("loss_over_replicates", "history", examples.history(excluded=(1,))),
        ("readout_norm", "history", examples.history(excluded=(1,))),
        ("training_schedule", "history", examples.history()),
        ("aligned_reaches", "states", examples.states(bow=0.1)),
        ("impulse_responses", "states", examples.responses()),
        ("reach_profiles", "states", examples.states(bow=0.1)),
        ("frequency_response", "frequency_response", examples.frequency_response()),
        ("linear_response", "linear_response", point_examples.linear_response()),
        ("modal_response", "modal_response", point_examples.modal_response()),
        ("branches", "branches", point_examples.branches()),
        ("unit_preferences", "unit_preferences", examples.preferences(conditions=(0,))),
        ("principal_components", "principal_components", examples.components()),
        ("tangling", "tangling", examples.tangled()),
        ("fixed_points_pca", "fixed_points", point_examples.fixed_points(bend=1.0)),
        ("eigenvalues", "linearization", point_examples.linearization()),
        ("mode_tracks", "mode_tracks", point_examples.mode_tracks()),
        ("mode_distributions", "linearization", point_examples.linearization()),
    ],
)
def test_files_give_the_figure_that_memory_gives(tmp_path, figure_type, role, dataset):
    write_dataset(tmp_path / "data.nc", dataset)
    module = figure_module(figure_type)
    sensed = {"impulse_amplitude": 0.5, "channel": "position"}
    of_impulses = ("impulse_responses", "linear_response", "modal_response")
    options = sensed if figure_type in of_impulses else {}
    options |= {"parameter": "field"} if figure_type == "branches" else {}
    with open_dataset(tmp_path / "data.nc") as stored:
        texts = [
            module.draw(module.prepare([examples.source(role, given)], options), options).to_json()
            for given in (dataset, stored)
        ]
    assert texts[0] == texts[1]
