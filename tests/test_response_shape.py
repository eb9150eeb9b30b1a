"""Straightness and loopiness on paths that are drawn by hand, and oscillations that are known."""

from itertools import pairwise

import numpy as np
import pytest
from steadyhand.measures.oscillation import strongest_oscillation
from steadyhand.measures.response_shape import (
    farthest,
    loopiness,
    loops,
    net_turning,
    path_length,
    tortuosity,
)

START = np.zeros(1, int)


def arc(turns, n=400, radius=0.05, growth=1.0):
    """A path around the origin, counter-clockwise; with another growth a logarithmic spiral."""
    part = np.linspace(0, 1, n)
    angle = 2 * np.pi * turns * part
    return (radius * growth**part)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=-1)


def line(*points, n=50):
    """Straight ways from point to point, faster in the middle of each."""
    part = (1 - np.cos(np.pi * np.linspace(0, 1, n)))[:, None] / 2
    ways = [a + part * (b - a) for a, b in pairwise(points)]
    return np.concatenate(ways)


def points(*pairs):
    return [np.array(pair, float) for pair in pairs]


OUT_AND_BACK = line(*points((0, 0), (0.1, 0.05), (0, 0)))
CIRCLE, SPIRAL = arc(1), arc(-3.25, growth=0.1)
PATHS = {
    "line": line(*points((0, 0), (0.3, 0.1))),
    "out and back": OUT_AND_BACK,
    "circle": CIRCLE,
    "spiral": SPIRAL,
    "square": line(*points((0, 0), (1, 0), (1, 1), (0, 1), (0, 0))),
}
MEASURES = (path_length, tortuosity, net_turning, loops, loopiness)


@pytest.mark.parametrize(
    ("name", "turning", "complete", "area_share"),
    [
        ("line", 0, 0, 0),
        ("out and back", 0, 0, 0),
        ("circle", 2 * np.pi * (1 - 1 / 399), 1, 1),
        ("spiral", -2 * np.pi * 3.25 * (1 - 1 / 399), 3, None),
        ("square", 1.5 * np.pi, 0, 4 * np.pi / 16),
    ],
)
def test_turning_loops_and_area_of_known_paths(name, turning, complete, area_share):
    path = PATHS[name][None]
    assert net_turning(path, START)[0] == pytest.approx(turning, abs=1e-9)
    assert loops(path, START)[0] == complete
    if area_share is not None:
        assert loopiness(path, START)[0] == pytest.approx(area_share, abs=1e-4)
    if turning:
        assert np.sign(loopiness(path, START)[0]) == np.sign(turning)


def test_lengths_and_tortuosity():
    assert path_length(OUT_AND_BACK[None], START)[0] == pytest.approx(2 * np.hypot(0.1, 0.05))
    assert tortuosity(OUT_AND_BACK[None], START)[0] == pytest.approx(1)
    assert tortuosity(PATHS["line"][None], START)[0] == pytest.approx(1)
    assert path_length(CIRCLE[None], START)[0] == pytest.approx(2 * np.pi * 0.05, rel=1e-4)
    assert tortuosity(CIRCLE[None], START)[0] == pytest.approx(np.pi / 2, rel=1e-3)
    far, at = farthest(CIRCLE[None], START)
    assert far[0] == pytest.approx(0.1, rel=1e-4) and at[0] in (199, 200)


def test_many_times_the_same_circle_is_less_loopy_and_has_more_loops():
    for n in (1, 2, 5):
        path = arc(n, n=2000)[None]
        assert loopiness(path, START)[0] == pytest.approx(1 / n, rel=1e-3)
        assert loops(path, START)[0] == n


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("angle", [0.4, np.pi / 2, 3.0, -1.9])
def test_where_a_path_lies_and_how_it_is_turned_does_not_matter(name, angle):
    c, s = np.cos(angle), np.sin(angle)
    moved = PATHS[name] @ np.array([[c, s], [-s, c]]) + np.array([3.0, -7.0])
    for measure in MEASURES:
        one, other = measure(PATHS[name][None], START)[0], measure(moved[None], START)[0]
        assert other == pytest.approx(one, abs=1e-9), measure.__name__


@pytest.mark.parametrize("name", PATHS)
def test_a_mirrored_path_turns_the_other_way(name):
    path, mirrored = PATHS[name][None], (PATHS[name] * np.array([1, -1]))[None]
    for signed in (net_turning, loopiness):
        assert signed(mirrored, START)[0] == pytest.approx(-signed(path, START)[0], abs=1e-9)
    for unsigned in (path_length, tortuosity, loops):
        assert unsigned(mirrored, START)[0] == pytest.approx(unsigned(path, START)[0])


@pytest.mark.parametrize("scale", [1e-6, 1000.0])
def test_only_lengths_scale(scale):
    path = SPIRAL[None]
    assert path_length(scale * path, START)[0] == pytest.approx(scale * path_length(path, START)[0])
    for measure in MEASURES[1:]:
        assert measure(scale * path, START)[0] == pytest.approx(measure(path, START)[0])


def test_what_comes_before_the_first_state_does_not_count():
    before = arc(2, n=37, radius=3.0)
    before = before - before[-1] + CIRCLE[0]
    joined = np.concatenate([before[:-1], CIRCLE])
    first = np.array([len(before) - 1])
    for measure in (*MEASURES, lambda *it: farthest(*it)[0]):
        assert measure(joined[None], first)[0] == pytest.approx(measure(CIRCLE[None], START)[0])
    both = np.stack([joined, joined])
    starts = np.array([len(before) - 1, 0])
    together = net_turning(both, starts)
    assert together[0] == pytest.approx(net_turning(CIRCLE[None], START)[0])
    assert together[1] != pytest.approx(together[0])


def test_rest_after_a_movement_does_not_turn():
    rng = np.random.default_rng(0)
    rest = CIRCLE[-1] + 1e-6 * rng.normal(size=(300, 2))
    path = np.concatenate([CIRCLE, rest])[None]
    assert net_turning(path, START)[0] == pytest.approx(2 * np.pi * (1 - 1 / 399), rel=1e-2)
    assert loops(path, START)[0] == 1
    assert loopiness(path, START)[0] == pytest.approx(1, rel=0.01)


def test_a_hand_that_does_not_move_has_no_shape():
    still = np.ones((1, 30, 2))
    for measure in (tortuosity, net_turning, loops, loopiness):
        assert np.isnan(measure(still, START)[0]), measure.__name__
    assert path_length(still, START)[0] == 0


STEP = 0.02


def damped(frequency, ratio, n=80, phase=0.3, amplitude=0.01):
    """A damped oscillation with this frequency [Hz] (as it is seen) and damping ratio."""
    t = STEP * np.arange(n)
    decay = 2 * np.pi * frequency * ratio / np.sqrt(1 - ratio**2)
    return amplitude * np.exp(-decay * t) * np.cos(2 * np.pi * frequency * t + phase)


@pytest.mark.parametrize("frequency", [0.7, 2.0, 9.0])
@pytest.mark.parametrize("ratio", [-0.05, 0.0, 0.1, 0.6])
@pytest.mark.parametrize("sign", [1, -1])
def test_frequency_and_damping_of_an_oscillation(frequency, ratio, sign):
    found = strongest_oscillation(sign * damped(frequency, ratio)[None], STEP)
    assert [it[0] for it in found] == pytest.approx([frequency, ratio], rel=1e-6, abs=1e-6)


def test_the_stronger_of_two_oscillations_counts_and_noise_matters_little():
    rng = np.random.default_rng(1)
    signal = damped(2.0, 0.1) + damped(5.0, 0.3, amplitude=0.002)
    frequency, ratio = strongest_oscillation(signal[None], STEP)
    assert frequency[0] == pytest.approx(2.0, rel=1e-6) and ratio[0] == pytest.approx(0.1, rel=1e-6)
    noisy = damped(2.0, 0.1) + 2e-4 * rng.normal(size=(200, 80))
    frequency, ratio = strongest_oscillation(noisy, STEP)
    assert frequency == pytest.approx(np.full(200, 2.0), rel=0.02)
    assert np.median(ratio) == pytest.approx(0.1, rel=0.1)


def test_what_only_decays_does_not_oscillate():
    t = STEP * np.arange(80)
    signals = np.stack([np.exp(-3 * t), np.exp(-3 * t) - np.exp(-9 * t), np.zeros(80)])
    for values in strongest_oscillation(signals, STEP):
        assert np.isnan(values).all()


def test_signals_are_judged_one_by_one():
    signals = np.stack([damped(2.0, 0.1), damped(4.0, 0.3), np.zeros(80)]).reshape(3, 1, 80)
    together = strongest_oscillation(signals, STEP)
    for row in range(3):
        alone = strongest_oscillation(signals[row], STEP)
        np.testing.assert_array_equal([it[0] for it in alone], [it[row, 0] for it in together])
