"""Eigenvalues and vectors where LAPACK alone is lost: zeros of high order, repeated ones."""

import numpy as np
import pytest
import scipy.linalg
from steadyhand.mode_measures import departure_from_normality
from steadyhand.spectrum import spectrum_of


def gaussian(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def rotated(matrix: np.ndarray, seed: int = 0, stretch: float = 1.0) -> np.ndarray:
    """The same map in other coordinates."""
    basis = np.linalg.qr(gaussian(*matrix.shape, seed=seed))[0]
    basis = basis * np.geomspace(1 / stretch, stretch, len(matrix))
    return basis @ matrix @ np.linalg.inv(basis)


def shift(size: int) -> np.ndarray:
    """A delay line: what comes in is gone after `size` steps."""
    return np.eye(size, k=1)


@pytest.mark.parametrize("stretch", [1.0, 4.0])
@pytest.mark.parametrize("orders", [(5,), (1, 1, 1), (7, 3, 1), (2, 2)])
def test_zeros_of_any_order_are_zeros_and_leave_the_others_alone(orders, stretch):
    kept = np.array([0.9, -0.6, 0.3, 0.05])
    matrix = rotated(scipy.linalg.block_diag(np.diag(kept), *map(shift, orders)), stretch=stretch)
    matrix += 1e-17 * gaussian(*matrix.shape, seed=3)
    found = spectrum_of(matrix)
    np.testing.assert_allclose(found.eigenvalues[:4], kept, rtol=1e-11)
    assert (found.eigenvalues[4:] == 0).all()
    assert len(found.eigenvalues) == 4 + sum(orders)
    assert found.zero_index == max(orders)
    product = found.left.conj().T @ found.right
    np.testing.assert_allclose(product, np.eye(len(matrix)), atol=1e-9)
    assert np.isinf(found.condition[4:]).all() == (max(orders) > 1)
    assert np.isfinite(found.condition[:4]).all()
    assert found.residual <= 1e-12
    assert found.biorthogonality <= 1e-9
    # What the zero modes span is gone after so many steps, and not one earlier.
    power = np.linalg.matrix_power(matrix, max(orders) - 1)
    assert np.abs(power @ found.right[:, 4:]).max() > 1e-3
    assert np.abs(matrix @ power @ found.right[:, 4:]).max() <= 1e-9
    assert np.abs(found.left[:, 4:].conj().T @ power @ matrix).max() <= 1e-9


def test_lapack_alone_makes_a_ring_of_a_delay_line():
    """Why zeros are taken out: were this not so, they need not be."""
    matrix = rotated(scipy.linalg.block_diag(np.diag([0.9]), shift(7)), stretch=2.0)
    assert np.sort(np.abs(np.linalg.eigvals(matrix)))[0] > 1e-4
    assert (spectrum_of(matrix).eigenvalues[1:] == 0).all()


def test_small_eigenvalues_are_no_zeros():
    matrix = rotated(np.diag([1.0, 0.5, 1e-6, -1e-9]))
    found = spectrum_of(matrix)
    np.testing.assert_allclose(found.eigenvalues[2:], [1e-6, -1e-9], rtol=1e-5)
    assert found.zero_index == 0


@pytest.mark.parametrize("size", [1, 3])
def test_nothing_but_zeros(size):
    for matrix, index in ((np.zeros((size, size)), 1), (shift(size), size)):
        found = spectrum_of(matrix)
        assert (found.eigenvalues == 0).all()
        assert found.zero_index == index
        assert found.residual == 0
        np.testing.assert_allclose(found.left.T @ found.right, np.eye(size), atol=1e-14)


def test_a_repeated_eigenvalue_that_is_not_defective_has_fitting_vectors():
    """As in a plane, where x and y are alike; in coordinates that mix them."""
    block = gaussian(4, 4, seed=5)
    matrix = rotated(np.kron(np.eye(2), block), stretch=3.0)
    found = spectrum_of(matrix)
    assert found.biorthogonality <= 1e-9
    assert found.residual <= 1e-12
    assert np.isfinite(found.condition).all()


@pytest.mark.parametrize("value", [0.5, 1.0])
def test_a_defective_eigenvalue_is_said_to_be_that(value):
    matrix = rotated(scipy.linalg.block_diag(value * np.eye(2) + shift(2), 0.2))
    found = spectrum_of(matrix)
    assert (found.condition[:2] > 1e6).all()
    assert found.condition[2] < 10
    assert found.biorthogonality <= 1e-6


def test_the_departure_from_normality_does_not_depend_on_rotations():
    matrix = gaussian(6, 6)
    expected = departure_from_normality(matrix)
    assert departure_from_normality(rotated(matrix)) == pytest.approx(expected, rel=1e-10)
