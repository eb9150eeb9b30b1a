"""Modes in physical terms, against oscillators and matrices in closed form."""

import numpy as np
import pytest
from steadyhand.mode_measures import (
    in_time,
    participation,
    steady_response,
    transient_growth,
)
from steadyhand.spectrum import spectrum_of

STEP = 0.02


@pytest.mark.parametrize(("frequency", "damping"), [(1.0, 0.1), (3.0, 0.7), (0.5, -0.05)])
def test_a_damped_oscillator_has_its_numbers(frequency, damping):
    """λ = exp((−ζω ± iω√(1 − ζ²))·dt)"""
    omega = 2 * np.pi * frequency
    turned = omega * np.sqrt(1 - damping**2)
    value = np.exp((-damping * omega + 1j * turned) * STEP)
    found = in_time(np.array([value, value.conj()]), STEP)
    np.testing.assert_allclose(found.frequency, turned / (2 * np.pi), rtol=1e-12)
    np.testing.assert_allclose(found.time_constant, 1 / (damping * omega), rtol=1e-10)
    np.testing.assert_allclose(found.damping_ratio, damping, rtol=1e-10)


def test_modes_that_do_not_turn():
    found = in_time(np.array([np.exp(-STEP / 0.3), 1.0, 0.0, -0.5, np.exp(STEP / 2)]), STEP)
    np.testing.assert_allclose(found.frequency, [0, 0, 0, 25, 0])
    np.testing.assert_allclose(found.time_constant, [0.3, np.inf, 0, STEP / np.log(2), -2])
    apart = np.log(2) / np.hypot(np.log(2), np.pi)
    np.testing.assert_allclose(found.damping_ratio, [1, 0, 1, apart, -1])


def test_a_mode_on_the_unit_circle_stays_for_ever():
    found = in_time(np.array([1j, -1j]), STEP)
    np.testing.assert_allclose(found.frequency, 1 / (4 * STEP))
    assert np.isinf(found.time_constant).all()
    np.testing.assert_allclose(found.damping_ratio, 0)


def test_participation_is_all_of_a_part_that_is_on_its_own_whatever_its_units():
    first, second = np.array([[0.9, 0.3], [0.0, 0.7]]), np.array([[0.2]])
    matrix = np.block([[first, np.zeros((2, 1))], [np.zeros((1, 2)), second]])
    units = np.diag([1e3, 1e-3, 40.0])
    for it in (matrix, units @ matrix @ np.linalg.inv(units)):
        found = spectrum_of(it)
        shares = participation(found.right[None], found.left[None], (2, 1))[0]
        np.testing.assert_allclose(shares, [[1, 0], [1, 0], [0, 1]], atol=1e-12)
    mixed = spectrum_of(np.array([[0.9, 0.1], [0.1, 0.9]]))
    shares = participation(mixed.right[None], mixed.left[None], (1, 1))
    np.testing.assert_allclose(shares, 0.5, atol=1e-12)


@pytest.mark.parametrize("coupling", [0.0, 0.1, 3.0])
@pytest.mark.parametrize("slow", [0.5, 0.9, 0.99])
def test_transient_growth_is_that_of_the_largest_power(coupling, slow):
    matrix = np.array([[slow, coupling], [0.0, slow - 0.05]])
    norms = [np.linalg.norm(np.linalg.matrix_power(matrix, k), 2) for k in range(2000)]
    found = transient_growth(matrix, slow)
    assert found.size == pytest.approx(max(norms), rel=2e-3)
    assert norms[found.step] == pytest.approx(found.size, rel=1e-9)
    normal = transient_growth(slow * np.eye(2), slow)
    assert normal == (1.0, 0)


def test_what_is_unstable_grows_without_end():
    assert transient_growth(np.diag([1.001, 0.5]), 1.001).size == np.inf


def test_a_fixed_point_moves_by_its_steady_response():
    matrix = np.random.default_rng(0).normal(size=(5, 5)) / 4
    entry = np.random.default_rng(1).normal(size=(5, 2))
    (found,) = steady_response(matrix[None], entry[None])
    np.testing.assert_allclose(found, matrix @ found + entry, atol=1e-13)
    assert np.isinf(steady_response(np.eye(2)[None], entry[None, :2])).all()
