"""Branches of fixed points of loops whose margins are known from their matrices."""

import linear_hand
import numpy as np
import pytest
import test_linear_response as loops
from steadyhand.branch_layout import branches_of_points
from steadyhand.branches import joined
from steadyhand.continuation import Bifurcation, Branch
from steadyhand.held_loop import part_sizes


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """Weights, their spec, the fixed points of two loops, and what was asked for."""
    return loops.searched(tmp_path_factory.mktemp("states"), gains=(1.0, 0.7), bias=0.1)


def branches(searched, **asked):
    arrays, spec, points, request = searched
    wanted = {"low": 0, "high": 10, "max_points": 400, **asked}
    return branches_of_points(arrays, spec, points, {**request, **wanted})


def matrix(delay: int, curl: float, gain: float) -> np.ndarray:
    """The closed loop of `linear_hand.with_delay(2)`, by its formulas, with any delay."""
    dynamics, entry = linear_hand.hand(linear_hand.physics(), curl)
    cell = linear_hand.with_delay(loops.DELAY).controller.cell
    sensed, memory = gain * np.asarray(cell.weight_ih)[:2, 4:], np.asarray(cell.weight_hh)
    units = len(memory)
    size = units + 4 * (delay + 1)
    whole = np.zeros((size, size))
    whole[:units, :units] = memory
    whole[:2, units : units + 4] = sensed  # the oldest state is sensed
    last = slice(size - 4, size)
    whole[units:-4, units + 4 :] = np.eye(4 * delay)
    whole[last, last] = dynamics
    whole[last] += entry @ whole[:2]
    return whole


def radius(*of) -> float:
    return float(np.abs(np.linalg.eigvals(matrix(*of))).max())


def test_the_margin_in_a_field_is_that_of_the_matrices(searched):
    found = branches(searched, parameter="field")
    assert found.sizes["branch"] == 2
    assert found.branch_replicate.values.tolist() == [0, 1]
    assert (found.margin_low == 0).all()
    for branch, gain in enumerate((1.0, 0.7)):
        margin = float(found.margin_high[branch])
        # Units that hardly saturate are not quite linear, as the bias moves the fixed point.
        assert radius(2, margin - 1e-3, gain) < 1 < radius(2, margin + 1e-3, gain)
        own = found.isel(step=np.flatnonzero(found.step_branch == branch))
        assert (np.diff(own.parameter) > 0).all()
        assert own.parameter[0] == 0 and own.parameter[-1] == pytest.approx(10)
        expected = [radius(2, float(it), gain) for it in own.parameter]
        np.testing.assert_allclose(own.spectral_radius, expected, atol=1e-5)
        event = found.isel(event=np.flatnonzero(found.event_branch == branch)[0])
        assert str(event.event_kind.values) == "neimark_sacker"
        assert float(event.event_parameter) == margin
        crossing = complex(float(event.event_eigenvalue_re), float(event.event_eigenvalue_im))
        assert abs(crossing) == pytest.approx(1, abs=1e-9)


def test_the_margin_of_the_delay_is_that_of_the_matrices(searched):
    found = branches(searched, parameter="delay", high=12)
    for branch, gain in enumerate((1.0, 0.7)):
        own = found.isel(step=np.flatnonzero(found.step_branch == branch))
        assert own.parameter.values.tolist() == list(range(13))
        expected = [radius(delay, 0.0, gain) for delay in range(13)]
        np.testing.assert_allclose(own.spectral_radius, expected, atol=1e-5)
        first = next(it for it in range(3, 13) if expected[it] > 1)
        assert float(found.margin_high[branch]) == first


def test_the_hand_follows_its_goal(searched):
    """Linear loops: the fixed point moves with the goal, all the way."""
    found = branches(searched, parameter="goal_x", low=-0.5, high=0.5)
    for branch in range(2):
        own = found.isel(step=np.flatnonzero(found.step_branch == branch))
        assert own.parameter.values[[0, -1]].tolist() == pytest.approx([-0.5, 0.5])
        assert (np.diff(own.parameter) > 0).all()
        away = own.position.values[:, 0] - own.parameter.values
        np.testing.assert_allclose(away, away[0], atol=1e-6)
    assert found.sizes["event"] == 0
    assert found.margin_low.values.tolist() == pytest.approx([-0.5, -0.5])
    assert found.margin_high.values.tolist() == pytest.approx([0.5, 0.5])


def test_two_halves_are_one_branch_in_order():
    def half(ends, kind, at, after):
        values = np.array(ends, float)
        event = Bifurcation(kind, at, values[:1], 1 + 0j, after)
        points, spectra = values[:, None], values[:, None].astype(complex)
        return Branch(values, points, spectra, [event], "bound")

    whole = joined(half([0, -1, -2, -3], "fold", -2.5, 2), half([0, 1, 2], "flip", 0.5, 0))
    assert whole.parameter.tolist() == [-3, -2, -1, 0, 1, 2]
    assert [(it.kind, it.parameter, it.after) for it in whole.bifurcations] == [
        ("fold", -2.5, 0),
        ("flip", 0.5, 3),
    ]
    assert part_sizes(18, 2) == (4, 4, 2, 8)
