"""Jacobians and modes, against matrices and closed forms."""

import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg
from steadyhand.fixed_points import find_fixed_points
from steadyhand.linearize import linearize

JORDAN = np.array([[0.5, 1.0, 0.0], [0.0, 0.5, 1.0], [0.0, 0.0, 0.5]])


def linear(x, matrix):
    return matrix @ x


def squash(x, weights):
    return jnp.tanh(weights @ x)


def gaussian(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def of_matrix(matrix: np.ndarray):
    """The linearization of a linear map, at some one point."""
    return linearize(linear, gaussian(1, len(matrix), seed=9), args=(matrix,))


@pytest.mark.parametrize("seed", range(3))
def test_a_linear_map_is_its_own_jacobian(seed):
    matrix = gaussian(6, 6, seed=seed)
    found = linearize(linear, gaussian(40, 6), args=(matrix,))
    np.testing.assert_array_equal(found.jacobian, np.broadcast_to(matrix, (40, 6, 6)))


def test_the_jacobian_of_tanh_units():
    weights, points = gaussian(5, 5, seed=1), gaussian(20, 5)
    found = linearize(squash, points, args=(weights,))
    slope = 1 - np.tanh(points @ weights.T) ** 2
    np.testing.assert_allclose(found.jacobian, slope[:, :, None] * weights, rtol=0, atol=1e-14)


@pytest.mark.parametrize("seed", range(5))
def test_vectors_are_eigenvectors_from_both_sides(seed):
    matrix = gaussian(7, 7, seed=seed)
    found = of_matrix(matrix)
    values, right, left = found.eigenvalues[0], found.right[0], found.left[0]
    np.testing.assert_allclose(matrix @ right, right * values, atol=1e-12)
    dual = left.conj().T
    np.testing.assert_allclose(dual @ matrix, values[:, None] * dual, atol=1e-11)
    # Distinct eigenvalues: the left vectors are the inverse of the right ones.
    np.testing.assert_allclose(dual @ right, np.eye(7), atol=1e-11)
    np.testing.assert_allclose(np.linalg.norm(right, axis=0), 1, rtol=1e-14)
    np.testing.assert_allclose(found.condition[0], np.linalg.norm(left, axis=0), rtol=1e-11)


@pytest.mark.parametrize("seed", range(5))
def test_modes_are_in_order_with_conjugates_side_by_side(seed):
    found = of_matrix(gaussian(8, 8, seed=seed))
    values, right = found.eigenvalues[0], found.right[0]
    assert (np.diff(np.abs(values)) <= 0).all()
    for mode in np.flatnonzero(values.imag > 0):
        assert values[mode + 1] == values[mode].conj()
        np.testing.assert_array_equal(right[:, mode + 1], right[:, mode].conj())
    largest = np.abs(right).argmax(axis=0)
    pivots = right[largest, np.arange(8)]
    np.testing.assert_allclose(pivots.imag, 0, atol=1e-14)
    assert (pivots.real > 0).all()


def test_equal_magnitudes_are_ordered_by_angle():
    def turn(angle: float) -> np.ndarray:
        return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])

    # Multiples of 90 degrees, so that magnitudes are equal to the bit.
    matrix = scipy.linalg.block_diag(
        -1.0, np.round(turn(np.pi / 2)), 1.0, np.round(turn(np.pi / 2))
    )
    found = of_matrix(matrix)
    np.testing.assert_array_equal(found.eigenvalues[0], [1, 1j, -1j, 1j, -1j, -1])


@pytest.mark.parametrize(("radius", "stable"), [(0.95, True), (1.05, False)])
def test_a_rotation_has_its_radius_and_angle(radius, stable):
    angle = 0.3
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    found = of_matrix(radius * turn)
    np.testing.assert_allclose(np.angle(found.eigenvalues[0]), [angle, -angle], rtol=1e-13)
    np.testing.assert_allclose(found.spectral_radius, radius, rtol=1e-14)
    assert found.stable.tolist() == [stable]
    np.testing.assert_allclose(found.condition, 1, rtol=1e-12)
    np.testing.assert_allclose(found.henrici, 0, atol=1e-14)


def test_a_mode_on_the_unit_circle_is_not_stable():
    assert of_matrix(np.diag([1.0, 0.5])).stable.tolist() == [False]


def test_a_defective_matrix_gives_conditions_without_bound_and_no_nan():
    found = of_matrix(JORDAN)
    np.testing.assert_allclose(found.eigenvalues[0], 0.5, atol=1e-4)
    assert (found.condition > 1e8).all()
    assert np.isinf(found.condition).any()
    for name in ("eigenvalues", "right", "left", "condition", "henrici"):
        assert not np.isnan(getattr(found, name)).any()
    lost = np.isinf(found.condition[0])
    np.testing.assert_allclose(np.linalg.norm(found.left[0][:, lost], axis=0), 1, rtol=1e-14)


def test_conditions_and_departure_from_normality_have_their_closed_forms():
    """[[a, c], [0, b]]: condition √(1 + c²/(a − b)²), departure |c|/√(a² + b² + c²)."""
    a, b, c = 0.9, 0.4, 3.0
    found = of_matrix(np.array([[a, c], [0, b]]))
    np.testing.assert_allclose(found.condition, np.hypot(1, c / (a - b)), rtol=1e-12)
    np.testing.assert_allclose(found.henrici, c / np.sqrt(a**2 + b**2 + c**2), rtol=1e-12)
    assert of_matrix(np.diag([1.0], k=1)).henrici == pytest.approx(1)
    assert of_matrix(np.zeros((2, 2))).henrici == 0
    symmetric = gaussian(6, 6) + gaussian(6, 6).T
    np.testing.assert_allclose(of_matrix(symmetric).condition, 1, rtol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_other_coordinates_have_the_same_spectrum(seed):
    weights = gaussian(6, 6, seed=seed)
    basis = np.linalg.qr(gaussian(6, 6, seed=seed + 10))[0] * np.geomspace(0.5, 2, 6)
    inverse = np.linalg.inv(basis)

    def elsewhere(y, weights):
        return inverse @ squash(basis @ y, weights)

    points = gaussian(4, 6)
    here = linearize(squash, points, args=(weights,))
    there = linearize(elsewhere, points @ inverse.T, args=(weights,))
    np.testing.assert_allclose(here.eigenvalues, there.eigenvalues, atol=1e-11)


def test_points_may_have_parameters_of_their_own():
    matrices, points = gaussian(20, 4, 4, seed=2), gaussian(20, 4)
    found = linearize(squash, points, own=(matrices,))
    for row in (0, 15, 16, 19):
        alone = linearize(squash, points[row : row + 1], args=(matrices[row],))
        np.testing.assert_allclose(found.jacobian[row], alone.jacobian[0], rtol=0, atol=1e-14)


def test_a_point_is_linearized_to_the_bit_as_it_is_alone():
    weights, points = gaussian(6, 6), gaussian(20, 6)
    together = linearize(squash, points, args=(weights,))
    for row in (0, 15, 16, 19):
        alone = linearize(squash, points[row : row + 1], args=(weights,))
        for name in ("jacobian", "eigenvalues", "right", "left", "condition"):
            np.testing.assert_array_equal(getattr(alone, name)[0], getattr(together, name)[row])


def test_a_hand_under_optimal_linear_control():
    """Closed loop of a point mass in the plane: A − BK, with K from the Riccati equation."""
    time_step, mass, plane = 0.05, 1.3, np.eye(2)
    dynamics = np.kron([[1, time_step], [0, 1]], plane)
    entry = np.kron([[0], [time_step / mass]], plane)
    cost, effort = np.diag([1.0, 1.0, 0.1, 0.1]), 1e-2 * plane
    value = scipy.linalg.solve_discrete_are(dynamics, entry, cost, effort)
    gain = np.linalg.solve(effort + entry.T @ value @ entry, entry.T @ value @ dynamics)
    goal = np.array([0.3, -0.2, 0, 0])

    def loop(state, gain, goal):
        return dynamics @ state + entry @ (-gain @ (state - goal))

    rest = find_fixed_points(loop, gaussian(20, 4), args=(gain, goal))
    assert rest.kind.tolist() == ["fixed"]
    np.testing.assert_allclose(rest.points, goal[None], atol=1e-12)
    found = linearize(loop, rest.points, args=(gain, goal))
    np.testing.assert_allclose(found.jacobian[0], dynamics - entry @ gain, rtol=0, atol=1e-15)
    # The stable half of the spectrum of the symplectic pencil, which does not use K at all.
    zero, eye = np.zeros((4, 4)), np.eye(4)
    spread = entry @ np.linalg.solve(effort, entry.T)
    pencil = scipy.linalg.eigvals(
        np.block([[dynamics, zero], [-cost, eye]]), np.block([[eye, spread], [zero, dynamics.T]])
    )
    stable = np.sort_complex(np.round(pencil[np.abs(pencil) < 1], 8))
    np.testing.assert_allclose(
        np.sort_complex(np.round(found.eigenvalues[0], 8)), stable, atol=1e-6
    )
    assert found.stable.all()


def test_no_points_give_empty_arrays():
    found = linearize(linear, np.empty((0, 3)), args=(np.eye(3),))
    assert found.jacobian.shape == (0, 3, 3)
    assert found.eigenvalues.shape == found.condition.shape == (0, 3)
    assert found.spectral_radius.shape == found.stable.shape == (0,)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: linearize(linear, np.zeros(3), args=(np.eye(3),)), "points: shape is (3,)"),
        (lambda: linearize(linear, [[np.nan]], args=(np.eye(1),)), "points: row 0 is not finite"),
        (lambda: linearize(jnp.sqrt, [[1.0], [0.0]]), "step: its Jacobian is not finite at points"),
        (lambda: linearize(lambda x: x[:1], [[1.0, 2.0]]), "step: returns shape (1,)"),
        (
            lambda: linearize(linear, np.zeros((2, 3)), own=(np.eye(3),)),
            "own: an array has shape (3, 3); allowed: (2, …)",
        ),
    ],
)
def test_what_cannot_be_linearized_is_refused(call, message):
    with pytest.raises(ValueError, match=r"allowed|finite") as caught:
        call()
    assert str(caught.value).startswith(message)
