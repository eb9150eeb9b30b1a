"""A study in which networks fail: no number of any artefact is NaN or infinite."""

import io
import json
import re
import sqlite3
import tarfile

import netCDF4
import numpy as np
import pyarrow.parquet as pq
import pytest
from steadyhand.store import read_json
from steadyhand.store.weights import decode

WORDS = re.compile(r"(?<![A-Za-z0-9_])[-+]?(nan|inf|infinity)(?![A-Za-z0-9_])", re.IGNORECASE)


def failing(study):
    """One model whose loss is more than single precision can hold, beside one that is fine."""
    sweep = study["sweeps"]["curl"]
    del sweep["grid"]
    sweep["conditions"] = [
        {"field.std": 1},
        {"field.std": 1, "loss.effector_position": 1e38},
    ]
    between = {"loss.effector_position": [1, 1e38]}
    study["findings"] = [
        {
            "claim": "Nothing can be learned from such a loss.",
            "sweep": "curl",
            "compare": [
                {"quantity": {"type": kind}, "between": between, "expect": "higher"}
                for kind in ("late_loss", "validation_loss", "readout_norm")
            ],
        }
    ]
    study["figures"] += [{"type": "loss_over_replicates"}, {"type": "readout_norm"}]


def finite(values, where):
    values = np.ma.getdata(values)
    if values.dtype.kind == "f":
        assert np.isfinite(values).all(), where
    elif values.dtype.kind in "OU":
        assert not any(WORDS.fullmatch(str(it)) for it in values.ravel()), where


def scan_netcdf(path):
    with netCDF4.Dataset(path) as file:
        file.set_auto_mask(False)  # as it is in the file, fill values too
        for name, variable in file.variables.items():
            finite(np.asarray(variable[...]), (path, name))


def scan_parquet(path):
    table = pq.read_table(path)
    for name in table.column_names:
        finite(table[name].drop_null().to_numpy(), (path, name))


def scan_weights(content, path):
    for name, values in decode(content, path)[0].items():
        finite(values, (path, name))


def scan_archive(path):
    with tarfile.open(path) as archive:
        for member in archive:
            content = archive.extractfile(member).read()
            if member.name.endswith(".eqx"):
                scan_weights(content, member.name)
            elif member.name.endswith(".npz"):
                for name, values in np.load(io.BytesIO(content)).items():
                    finite(values, (path, member.name, name))
            else:
                scan_text(content.decode(), member.name)


def scan_database(path):
    with sqlite3.connect(path) as database:
        names = [
            row[0]
            for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        for name in names:
            for row in database.execute(f'SELECT * FROM "{name}"'):
                for value in row:
                    if isinstance(value, float):
                        assert np.isfinite(value), (path, name)
                    elif isinstance(value, str):
                        scan_text(value, (path, name))


def scan_text(text, where):
    assert not (found := WORDS.search(text)), (where, text[max(0, found.start() - 40) :][:80])


def scan_figure(path):
    """Of a page only the figure in it: plotly.js is full of such words."""
    json.loads(path.read_text(), parse_constant=lambda word: pytest.fail(f"{path}: {word}"))


@pytest.mark.slow
def test_no_artefact_has_a_number_that_is_none(fresh):
    fresh.run(study=fresh.study(failing))
    results = fresh.path / "results"
    documents = [read_json(path) for path in sorted(results.glob("models/*/model.json"))]
    (failed,) = [one for one in documents if one["digest"] is None]
    assert all("not finite" in it["reason"] for it in failed["replicates"])
    assert all(it["diverged_batch"] is not None for it in failed["replicates"])

    scanned = set()
    for path in sorted(it for it in results.rglob("*") if it.is_file()):
        folder = path.relative_to(results).parts[0]
        if folder in ("logs", "benchmarks", "cache", "assets"):
            continue
        scan = {
            ".nc": scan_netcdf,
            ".parquet": scan_parquet,
            ".eqx": lambda it: scan_weights(it.read_bytes(), it),
            ".tar": scan_archive,
            ".sqlite": scan_database,
        }.get(path.suffix)
        if scan is not None:
            scan(path)
        elif path.name == "figure.json":
            scan_figure(path)
        elif path.suffix in (".json", ".csv", ".md"):
            scan_text(path.read_text(), path)
        else:
            assert path.suffix == ".html", path
        scanned.add(path.suffix)
    assert "Nothing can be learned" in (results / "report/tiny.md").read_text()
    assert scanned == {
        ".md",
        ".nc",
        ".parquet",
        ".eqx",
        ".tar",
        ".sqlite",
        ".json",
        ".csv",
        ".html",
    }


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_the_scan_finds_one(tmp_path, bad):
    with netCDF4.Dataset(tmp_path / "a.nc", "w") as file:
        file.createDimension("x", 2)
        file.createVariable("v", "f8", ("x",))[:] = [1.0, bad]
    with pytest.raises(AssertionError):
        scan_netcdf(tmp_path / "a.nc")
    with pytest.raises(AssertionError):
        scan_text(f'{{"a": {bad}}}', "")
    scan_text("information, nanometre, finance", "")
