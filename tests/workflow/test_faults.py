"""Faults: runs that are killed, bytes that flip, clones that should be equal."""

import os
import random
import signal
import time

import pytest
from steadyhand.verify import verify

pytestmark = pytest.mark.slow


def test_two_fresh_clones_make_equal_bytes(finished, fresh):
    fresh.run()
    first, second = finished.artefacts(), fresh.artefacts()
    assert first.keys() == second.keys()
    assert [path for path in first if first[path] != second[path]] == []


def test_no_flipped_byte_goes_unnoticed(clone):
    """200 single-byte flips over all kinds of artefacts: each is found by `verify`, or harmless."""
    results = clone.path / "results"
    assert [it for it in verify(results) if not it.note] == []
    kept = ("logs", "benchmarks", "code")
    files = [
        path
        for path in sorted(results.rglob("*"))
        if path.is_file() and path.relative_to(results).parts[0] not in kept
    ]
    by_kind: dict = {}
    for path in files:
        place = path.relative_to(results)
        by_kind.setdefault((place.parts[0], path.suffix, len(place.parts)), []).append(path)
    chosen = random.Random(0)
    unnoticed = []
    for number in range(200):
        kind = sorted(by_kind)[number % len(by_kind)]
        path = chosen.choice(by_kind[kind])
        content = path.read_bytes()
        place = chosen.randrange(len(content))
        flipped = bytearray(content)
        flipped[place] ^= 1 << chosen.randrange(8)
        path.write_bytes(flipped)
        if not [it for it in verify(results) if not it.note] and not harmless(path, content):
            unnoticed.append((str(path), place))
        path.write_bytes(content)
    assert unnoticed == []
    assert [it for it in verify(results) if not it.note] == []


def harmless(path, original: bytes) -> bool:
    """White space between the parts of a JSON document."""
    import json

    return path.suffix == ".json" and json.loads(path.read_bytes()) == json.loads(original)


@pytest.mark.parametrize("moment", ["train", "qualify", "evaluate", "fixed_points", "figures"])
def test_a_run_that_is_killed_and_run_again_ends_in_the_same_bytes(finished, fresh, moment):
    """SIGKILL to the whole process group as soon as the first job of a rule has begun."""
    run = fresh.start()
    logs = fresh.path / "results/logs" / moment
    deadline = time.monotonic() + 300
    while not any(logs.rglob("*.log")):
        assert run.poll() is None, "the run ended before it was to be killed"
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(1.0)
    os.killpg(run.pid, signal.SIGKILL)
    run.communicate()
    finals = finished.artefacts()
    for path, content in fresh.artefacts().items():
        if not path.endswith(".tmp"):  # beside the file that it was to become
            assert content == finals[path], path
    again = fresh.start()
    words, _ = again.communicate()
    assert again.returncode == 0, words[-3000:]
    assert fresh.artefacts() == finals
