"""Figures of training in a whole study: drawn from histories, also where nothing else exists."""

import csv
import json

import numpy as np
import pytest
from chain import CATALOGUE
from steadyhand.figures.page import read_figure
from steadyhand.store.datasets import open_dataset

KINDS = ("loss_over_replicates", "readout_norm", "training_schedule")


def with_figures_of_training(study):
    study["figures"] += [{"type": kind} for kind in KINDS]


def drawn(clone, kind):
    """The subtitles of the figures of a type."""
    figures = map(read_figure, clone.path.glob("results/figures/*"))
    return [
        figure.layout.title.subtitle.text.replace("<br>", " ")
        for figure in figures
        if figure.layout.meta["type"] == kind
    ]


@pytest.mark.slow
def test_they_are_drawn_from_histories_alone(clone):
    study = clone.study(with_figures_of_training)
    assert clone.run(study=study) == {"figures": 3, **CATALOGUE}
    assert not clone.planned(study=study)
    assert all(len(drawn(clone, kind)) == 1 for kind in KINDS)


@pytest.mark.slow
def test_a_study_without_any_included_network_still_has_them(clone):
    def exclude_all(study):
        with_figures_of_training(study)
        study["sweeps"]["curl"]["selection"]["exclude"] = [0, 1]
        study["evaluations"], study["fixed_points"] = {}, {}
        study["figures"] = [it for it in study["figures"] if len(it) == 1]

    study = clone.study(exclude_all)
    assert clone.run(study=study) == {"qualify": 2, "index": 1, "figures": 2 + 3, **CATALOGUE}
    for kind in KINDS[:2]:
        assert drawn(clone, kind)[0].endswith(
            "No replicate of any model is included; all are grey."
        )
    assert "None of them is included" in " ".join(drawn(clone, "loss_history"))


def test_a_history_says_of_replicates_what_their_table_says(finished):
    for folder in finished.path.glob("results/models/*"):
        with (folder / "replicates.csv").open() as file:
            rows = list(csv.DictReader(file))
        described = json.loads((folder / "model.json").read_text())["replicates"]
        with open_dataset(folder / "history.nc") as history:
            for name, column in (("exclusion_reason", "reason"), ("failure", "failure")):
                assert history[name].values.tolist() == [row[column] for row in rows]
            assert history["diverged_batch"].values.tolist() == [-1] * len(rows)
            errors = [it["end_position_error"] for it in described]
            assert np.array_equal(history["end_position_error"], errors)
            assert history["resets_optimizer"].values.tolist() == [0] * 12
