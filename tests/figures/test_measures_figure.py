"""A measure from its table: units and definitions of the file, and damage that is found."""

import pytest
from figure_examples import DIGEST, ID, measured
from steadyhand.errors import UserError
from steadyhand.figures import measures
from steadyhand.figures.source import Source
from steadyhand.store import ArtefactError


def source(path):
    return Source("m", "field.std = 1", {"train.field.std": 1}, tables={"measures": path})


def test_a_measure_is_drawn_with_its_unit_and_definition(tmp_path):
    found = measures.prepare(
        [source(measured(tmp_path))], {"measure": "max_net_force", "by": "sisu"}
    )
    assert found["mean"].values.tolist() == [2, 2] and found["missing"].values.tolist() == [0, 1]
    figure = measures.draw(found, {"title": "Forces"})
    assert figure.layout.yaxis.title.text == "max_net_force [N s/m]"
    assert figure.layout.title.subtitle.text.startswith("Largest force. Points")


def test_signs_are_left_out_before_anything_is_averaged(tmp_path):
    rows = {"replicate": [0, 0, 1], "max_net_force": [-3.0, 1.0, -4.0]}
    found = [
        measures.prepare(
            [source(measured(tmp_path / str(it), rows))],
            {"measure": "max_net_force", "absolute": it},
        )
        for it in (False, True)
    ]
    assert [it["network_mean"].values.tolist() for it in found] == [[[-1, -4]], [[2, 4]]]
    titles = [measures.draw(it, {}).layout.yaxis.title.text for it in found]
    assert titles == ["max_net_force [N s/m]", "|max_net_force| [N s/m]"]


def test_a_column_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ArtefactError, match="it has no column max_force"):
        measures.prepare([source(measured(tmp_path))], {"measure": "max_force"})
    with pytest.raises(UserError, match="no measures to draw; there is: none"):
        measures.prepare([Source("m", "m")], {"measure": "max_net_force"})


@pytest.mark.parametrize(
    ("kind", "place", "said"),
    [
        ("summary", f"{DIGEST}/{ID}.parquet", "it has the kind summary, its path says measures"),
        ("measures", f"{DIGEST}/{ID}.summary.parquet", "the kind measures, its path says summary"),
        ("measures", f"{'c' * 64}/{ID}.parquet", "it has the digest aaaa"),
        ("measures", f"{DIGEST}/{'c' * 16}.parquet", f"it has the id {ID}, its path says cccc"),
    ],
)
def test_a_table_that_is_not_what_its_path_says_is_refused(tmp_path, kind, place, said):
    path = measured(tmp_path, kind=kind, place=place)
    with pytest.raises(ArtefactError, match=said):
        measures.prepare([source(path)], {"measure": "max_net_force"})
