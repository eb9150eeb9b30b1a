"""Branches of fixed points with known bifurcations, located to 1e-8."""

import jax.numpy as jnp
import linear_hand
import numpy as np
import pytest
from steadyhand.continuation import follow_branch, match_spectra
from steadyhand.errors import UserError
from steadyhand.held_loop import closed_step, held_at
from steadyhand.perturbation import Field

EXACT = 1e-8


def logistic(x, r):
    return r * x * (1 - x)


def times(step, count):
    def several(x, *args):
        for _ in range(count):
            x = step(x, *args)
        return x

    return several


def fold(x, p):
    return p + x - x**2


def pitchfork(x, p):
    return p * x - x**3


def delayed_logistic(x, r):
    return jnp.stack([r * x[0] * (1 - x[1]), x[0]])


def told(branch):
    return [(it.kind, it.parameter) for it in branch.bifurcations]


def assert_told(branch, expected):
    assert [it.kind for it in branch.bifurcations] == [kind for kind, _ in expected]
    found = [it.parameter for it in branch.bifurcations]
    np.testing.assert_allclose(found, [value for _, value in expected], rtol=0, atol=EXACT)


def test_the_logistic_map_flips_at_three():
    branch = follow_branch(logistic, [0.5], 2.0, low=0.5, high=3.5)
    assert branch.end == "bound"
    assert branch.parameter[-1] == pytest.approx(3.5, abs=1e-14)
    np.testing.assert_allclose(branch.points[:, 0], 1 - 1 / branch.parameter, atol=1e-12)
    np.testing.assert_allclose(branch.eigenvalues[:, 0], 2 - branch.parameter, atol=1e-11)
    assert_told(branch, [("flip", 3.0)])
    assert branch.bifurcations[0].eigenvalue == pytest.approx(-1, abs=1e-7)


def test_where_two_branches_cross_the_one_that_was_followed_goes_on():
    """The fixed point 1 − 1/r meets that at 0 where r = 1."""
    branch = follow_branch(logistic, [0.5], 2.0, low=0.5, high=3.5, upwards=False)
    assert_told(branch, [("branch", 1.0)])
    assert branch.points[-1, 0] == pytest.approx(-1, abs=1e-10)


def test_orbits_of_two_flip_at_one_plus_the_root_of_six():
    r = 3.2
    orbit = (r + 1 + np.sqrt((r - 3) * (r + 1))) / (2 * r)
    branch = follow_branch(times(logistic, 2), [orbit], r, low=3.1, high=3.5)
    assert_told(branch, [("flip", 1 + np.sqrt(6))])


def test_orbits_of_three_begin_at_a_fold():
    """At 1 + √8, where the stable one and the unstable one come from."""
    x = 0.5
    for _ in range(3000):
        x = logistic(x, 3.84)
    branch = follow_branch(
        times(logistic, 3), [x], 3.84, low=3.8, high=3.86, upwards=False, longest=0.02
    )
    assert ("fold", pytest.approx(1 + np.sqrt(8), abs=EXACT)) in told(branch)
    assert branch.end == "bound"
    assert branch.parameter[-1] == pytest.approx(3.86)


def test_a_fold_is_gone_around():
    branch = follow_branch(fold, [1.0], 1.0, low=-1.0, high=1.0, upwards=False)
    assert_told(branch, [("fold", 0.0)])
    assert branch.end == "bound"
    np.testing.assert_allclose(branch.points[-1], -1, atol=1e-10)
    np.testing.assert_allclose(branch.points[:, 0] ** 2, branch.parameter, atol=1e-11)
    assert branch.spectral_radius[0] < 1 or branch.eigenvalues[0, 0].real == pytest.approx(-1)


def test_a_pitchfork_is_found_on_the_branch_that_it_leaves():
    branch = follow_branch(pitchfork, [0.0], 0.5, low=0.0, high=2.0)
    assert_told(branch, [("branch", 1.0)])
    np.testing.assert_allclose(branch.points, 0, atol=1e-12)
    other = follow_branch(pitchfork, [np.sqrt(0.5)], 1.5, low=0.5, high=3.0, upwards=False)
    # Its own arms are one branch, that turns at the pitchfork.
    assert told(other)[0] == ("fold", pytest.approx(1.0, abs=1e-7))


def test_the_delayed_logistic_map_turns_at_two():
    """Neimark–Sacker: J = [[1, 1 − r], [1, 0]] at x = 1 − 1/r, of determinant r − 1."""
    branch = follow_branch(delayed_logistic, [1 / 3, 1 / 3], 1.5, low=1.3, high=2.5)
    assert_told(branch, [("neimark_sacker", 2.0)])
    (event,) = branch.bifurcations
    assert event.eigenvalue == pytest.approx(np.exp(1j * np.pi / 3), abs=1e-7)
    np.testing.assert_allclose(event.point, 0.5, atol=1e-8)


def test_several_bifurcations_within_one_step_are_all_found():
    """Diagonal: flips at 1.0, 1.001, 1.002, and a turn at 1.0015."""

    def step(x, p):
        turned = jnp.stack([0.6 * x[3] - 0.8 * x[4], 0.8 * x[3] + 0.6 * x[4]])
        flips = -x[:3] * (p - jnp.array([0.0, 0.001, 0.002]))
        return jnp.concatenate([flips, (p - 0.0015) * turned])

    branch = follow_branch(step, np.zeros(5), 0.8, low=0.5, high=2.0, longest=0.5)
    expected = [("flip", 1.0), ("flip", 1.001), ("neimark_sacker", 1.0015), ("flip", 1.002)]
    assert_told(branch, expected)


def test_a_closed_branch_ends_where_it_began():
    """The circle x² + p² = 1 as the fixed points of x + (1 − x² − p²)/4."""
    branch = follow_branch(
        lambda x, p: x + (1 - x**2 - p**2) / 4, [0.8], 0.6, low=-2.0, high=2.0, longest=0.02
    )
    assert branch.end == "closed"
    np.testing.assert_allclose(branch.points[:, 0] ** 2 + branch.parameter**2, 1, atol=1e-11)
    folds = [it.parameter for it in branch.bifurcations if it.kind == "fold"]
    np.testing.assert_allclose(np.abs(folds), 1, atol=EXACT)


def test_the_margin_of_a_hand_in_a_curl_field():
    """Optimal control for no field, in a field that grows: |λ| = 1 by eigenvalues alone."""
    loop = linear_hand.with_delay(0)
    gain = -np.asarray(loop.controller.cell.weight_ih)[:2, 4:]
    goal = jnp.zeros(2)

    def step(x, curl):
        held = held_at(goal, jnp.zeros(()), Field(curl, jnp.zeros(2)))
        return closed_step(0)(x, loop.physics, loop.controller, held)

    branch = follow_branch(step, np.zeros(8), 0.0, low=0.0, high=20.0)
    (event,) = [it for it in branch.bifurcations if it.kind == "neimark_sacker"][:1]

    def radius(curl):
        dynamics, entry = linear_hand.hand(loop.physics, curl)
        return np.abs(np.linalg.eigvals(dynamics - entry @ gain)).max()

    assert radius(event.parameter - 1e-6) < 1 < radius(event.parameter + 1e-6)


def test_eigenvalues_are_followed_through_a_crossing():
    """Two real ones pass each other; by size they would change places."""
    p = np.linspace(0, 1, 21)
    spectra = [np.sort([0.2 + 0.5 * it, 0.63 - 0.3 * it]) for it in p]
    found = match_spectra([it.astype(complex) for it in spectra], p)
    np.testing.assert_allclose(found[:, 0], 0.63 - 0.3 * p)
    np.testing.assert_allclose(found[:, 1], 0.2 + 0.5 * p)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: follow_branch(logistic, [0.5], 4.0, low=1.0, high=3.0), "parameter: 4.0 of 1.0"),
        (lambda: follow_branch(logistic, [0.5], 2.0, low=3.0, high=1.0), "parameter: 2.0 of 3.0"),
        (lambda: follow_branch(fold, [0.0], -1.0, low=-2.0, high=1.0), "start: no fixed point"),
        (lambda: follow_branch(logistic, [np.nan], 2.0, low=1.0, high=3.0), "start: row 0"),
        (lambda: follow_branch(lambda x, p: x[:0], [0.5], 2.0, low=1, high=3), "step: returns"),
    ],
)
def test_what_cannot_be_followed_is_refused(call, message):
    with pytest.raises(UserError, match=f"^{message}"):
        call()
