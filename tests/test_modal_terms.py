"""Responses mode by mode: systems whose modes are known, and sums that must be the whole."""

import numpy as np
import pytest
from steadyhand.modal_terms import impulse_response, ranked, terms_of
from steadyhand.spectrum import spectrum_of

RANDOM = np.random.default_rng(8)


def system(dim: int, radius: float = 0.9):
    """A random matrix with this spectral radius, an input, and what is read."""
    matrix = RANDOM.normal(size=(dim, dim))
    matrix *= radius / np.abs(np.linalg.eigvals(matrix)).max()
    return matrix, RANDOM.normal(size=(dim, 2)), RANDOM.normal(size=(2, dim))


def test_the_response_of_a_number_is_a_sum_of_its_powers():
    found = impulse_response(np.array([[0.5]]), np.eye(1), np.eye(1), 2, 5)
    assert found.ravel() == pytest.approx([1, 1.5, 0.75, 0.375, 0.1875])


@pytest.mark.parametrize(("dim", "duration"), [(1, 1), (2, 3), (9, 5), (30, 40)])
def test_all_terms_together_are_the_response(dim, duration):
    matrix, into, read = system(dim)
    whole = impulse_response(matrix, into, read, duration, 40)
    terms = terms_of(spectrum_of(matrix), into, read, duration, 40)
    assert terms.response.sum(axis=0) == pytest.approx(whole, abs=1e-10 * np.abs(whole).max())
    assert (terms.eigenvalue.imag >= 0).all()


def test_modes_of_eigenvalue_zero_are_missing_until_they_are_gone():
    delayed = np.diag(np.ones(3), -1)  # what comes in is read four steps later, and then gone
    whole_matrix = np.zeros((6, 6))
    whole_matrix[:4, :4], whole_matrix[4:, 4:] = delayed, [[0.6, -0.5], [0.5, 0.6]]
    into = np.zeros((6, 1))
    into[[0, 4]] = 1.0
    read = np.array([[0, 0, 0, 1.0, 1.0, 0]])
    whole = impulse_response(whole_matrix, into, read, 1, 12)
    terms = terms_of(spectrum_of(whole_matrix), into, read, 1, 12)
    assert len(terms.eigenvalue) == 1 and terms.eigenvalue[0] == pytest.approx(0.6 + 0.5j)
    missing = whole - terms.response.sum(axis=0)
    assert np.flatnonzero(np.abs(missing.ravel()) > 1e-12).tolist() == [3]


def test_a_pair_is_one_term_and_a_decaying_oscillation():
    size, angle = 0.9, 0.4
    turn = size * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    terms = terms_of(spectrum_of(turn), np.eye(2)[:, :1], np.eye(2), 1, 20)
    k = np.arange(20)
    expected = size ** k[:, None] * np.stack([np.cos(angle * k), np.sin(angle * k)], axis=1)
    assert terms.response[0, :, :, 0] == pytest.approx(expected)


def test_the_terms_that_tell_most_come_first_and_leave_what_they_say():
    matrix, into, read = system(12)
    whole = impulse_response(matrix, into, read, 2, 30)
    terms = terms_of(spectrum_of(matrix), into, read, 2, 30)
    found = ranked(terms.response, whole, 5)
    for count in range(1, 6):
        left = whole - terms.response[found.order[:count]].sum(axis=0)
        expected = np.linalg.norm(left) / np.linalg.norm(whole)
        assert found.left_over[count - 1] == pytest.approx(expected, abs=1e-12)
    everything = ranked(terms.response, whole, 100)
    assert sorted(everything.order) == list(range(len(terms.eigenvalue)))
    assert everything.left_over[-1] == pytest.approx(0, abs=1e-11)


def test_a_response_to_nothing_leaves_nothing_over():
    found = ranked(np.zeros((3, 7, 2)), np.zeros((7, 2)), 2)
    assert found.left_over.tolist() == [0, 0] and len(set(found.order)) == 2
    assert len(ranked(np.zeros((0, 7, 2)), np.ones((7, 2)), 2).order) == 0


def test_a_defective_mode_has_no_term():
    matrix = np.array([[0.5, 1.0, 0.0], [0.0, 0.5, 0.0], [0.0, 0.0, 0.7]])
    terms = terms_of(spectrum_of(matrix), np.ones((3, 1)), np.ones((1, 3)), 1, 10)
    assert np.isfinite(terms.response).all()
    assert terms.eigenvalue == pytest.approx([0.7])


def test_large_terms_that_cancel_are_not_taken_one_by_one():
    shape = np.linspace(1, 0, 20)[:, None] * np.ones(2)
    bump = np.sin(np.arange(20))[:, None] * np.ones(2)
    terms = np.array([10 * bump, 0.3 * shape, shape - 10 * bump, 0.05 * bump])
    found = ranked(terms, terms.sum(axis=0), 4)
    assert set(found.order[:2]) == {0, 2}  # together they are most of it, each alone far from it
    assert found.left_over[0] > 1 > 0.5 > found.left_over[1]


def test_what_a_response_needs_most_comes_first():
    parts = np.array([3.0, 1.0, 2.0])[:, None, None] * np.eye(3)[:, :, None]
    found = ranked(parts, parts.sum(axis=0), 2)
    assert found.order.tolist() == [0, 2]
    assert found.left_over == pytest.approx(np.sqrt([5 / 14, 1 / 14]))
