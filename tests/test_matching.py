"""Eigenvalues followed along ways on which their course is known."""

import numpy as np
import pytest
from steadyhand.continuation.matching import match_along, nearest


def along(course, deepest=8, least=None):
    """Match from course(0) to course(1); which is which, whether sure, and spectra asked for."""
    asked = []

    def spectra_at(ways, at):
        asked.extend(at.tolist())
        return [np.asarray(course(it), complex) for it in at]

    ends = [np.asarray(course(it), complex) for it in (0.0, 1.0)]
    order, sure = match_along(ends[:1], ends[1:], spectra_at, least, deepest)
    return order[0], bool(sure[0]), asked


def shuffled(course, seed=0):
    """The same eigenvalues in another order at each place, and what that order is."""

    def order(t):
        return np.random.default_rng([seed, round(t * 2**20)]).permutation(len(course(0.0)))

    return (lambda t: np.asarray(course(t))[order(t)]), order


def belongs(found, order):
    """Whether each eigenvalue at the start was given its own at the end."""
    return np.array_equal(order(1.0)[found], order(0.0))


COURSES = {
    "apart": lambda t: [0.9 - 0.1 * t, 0.5 + 0.1 * t, -0.3 * t],
    "crossing angles": lambda t: [
        *(0.9 * np.exp(s * 1j * (0.2 + 1.2 * t)) for s in (1, -1)),
        *(0.5 * np.exp(s * 1j * (1.4 - 1.2 * t)) for s in (1, -1)),
    ],
    "passing each other": lambda t: [
        *(0.4 + 0.4 * t + s * 0.12j for s in (1, -1)),
        *(0.8 - 0.4 * t + s * 0.3j for s in (1, -1)),
    ],
    "half a turn": lambda t: [
        0.8 * np.exp(1j * (0.1 + 2.9 * t)),
        0.8 * np.exp(-1j * (0.1 + 2.9 * t)),
        0.1,
    ],
}


@pytest.mark.parametrize("name", COURSES)
@pytest.mark.parametrize("seed", range(3))
def test_eigenvalues_are_followed_where_sorting_would_mix_them(name, seed):
    course, order = shuffled(COURSES[name], seed)
    found, sure, _ = along(course)
    assert sure and belongs(found, order)


def test_sorting_and_the_nearest_alone_would_be_wrong():
    course, order = shuffled(COURSES["passing each other"], 1)
    ends = [np.asarray(course(it)) for it in (0.0, 1.0)]
    assert not belongs(nearest(*ends), order)
    ranks = [np.argsort(-np.abs(it), kind="stable") for it in ends]
    by_size = np.empty(4, int)
    by_size[ranks[0]] = ranks[1]
    assert not belongs(by_size, order)


def test_what_is_clear_is_looked_at_once():
    _, _, asked = along(COURSES["apart"])
    assert asked == [0.5, 0.25, 0.75]


def test_a_real_pair_that_meets_is_told_apart_by_its_order():
    def course(t):
        root = np.sqrt(complex((t - 0.3) * (t - 0.7)))
        return [0.5 + root, 0.5 - root]

    found, sure, _ = along(course)
    assert sure and course(0.0)[0].real > course(0.0)[1].real
    assert course(1.0)[found[0]].real > course(1.0)[found[1]].real


def test_modes_that_pass_each_other_beside_the_middle_need_more_looks():
    """The whole and both halves are wrong in the same way: only shorter parts tell."""

    def passing(t):
        slow = [0.7 - t + s * 0.1j for s in (1, -1)]
        return slow + [-0.1 + t + s * 0.2j for s in (1, -1)]

    course, order = shuffled(passing)
    found, sure, _ = along(course, least=[0])
    assert sure and not belongs(found, order)
    found, sure, _ = along(course, least=[5])
    assert sure and belongs(found, order)


def test_what_is_unknown_in_between_is_in_doubt():
    def unknown(ways, at):
        return [None] * len(ways)

    starts, ends = [np.array([0.2, 0.8 + 0j])], [np.array([0.3, 0.7 + 0j])]
    order, sure = match_along(starts, ends, unknown)
    assert not sure[0] and order[0].tolist() == [0, 1]


def test_no_halving_is_endless():
    rng = np.random.default_rng(0)

    def noise(ways, at):
        return [rng.normal(size=6) + 0j for _ in ways]

    start, end = rng.normal(size=6) + 0j, rng.normal(size=6) + 0j
    order, sure = match_along([start], [end], noise, deepest=4)
    assert not sure[0] and sorted(order[0]) == list(range(6))


def test_equal_eigenvalues_are_no_doubt():
    found, sure, asked = along(lambda t: [0.5 + 0.3 * t, 0.0, 0.0, 0.0])
    assert sure and len(asked) == 3 and found[0] == 0


def test_ways_are_independent_and_halved_together():
    batches = []
    names = list(COURSES)

    def spectra_at(ways, at):
        batches.append(len(ways))
        return [np.asarray(COURSES[names[w]](t), complex) for w, t in zip(ways, at, strict=True)]

    ends = [[np.asarray(COURSES[it](t), complex) for it in names] for t in (0.0, 1.0)]
    orders, sure = match_along(*ends, spectra_at)
    assert sure.all() and batches[0] == len(names)
    for name, order in zip(names, orders, strict=True):
        alone, _, _ = along(COURSES[name])
        np.testing.assert_array_equal(order, alone)
