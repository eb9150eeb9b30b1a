"""Fields of training and what the context tells of them: their joint distribution, by method."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from steadyhand.config import Hyperparameters
from steadyhand.training_field import METHODS, field_distribution_from, training_field
from steadyhand.trial_draws import draw_trials

N = 100_000
KEY = jax.random.key(1)
DRAW = jax.jit(
    lambda distribution, scale: training_field(
        distribution, draw_trials(KEY, N, 0, jnp.float32), scale
    )
)
"""One program for all methods: what they draw from is data."""
KINDS = ["curl", "constant"]


def drawn(method="none", kind="curl", std=1.5, p_active=None, scale=1.0):
    """Signed strengths (trial,) or forces (trial, 2) of the fields, and the SISU."""
    content = {
        "field": {"type": kind, "std": std},
        "context": {"method": method, "p_active": p_active},
    }
    spec = Hyperparameters.model_validate(content).model_dump(mode="json")
    field, sisu = DRAW(field_distribution_from(spec, "float32"), jnp.float32(scale))
    other = field.constant if kind == "curl" else field.curl
    np.testing.assert_array_equal(other, 0)
    assert field.curl.dtype == field.constant.dtype == sisu.dtype == np.float32
    return np.asarray(field.curl if kind == "curl" else field.constant), np.asarray(sisu)


def sizes(strength):
    return np.abs(strength) if strength.ndim == 1 else np.linalg.norm(strength, axis=-1)


def is_from(values, distribution):
    assert stats.kstest(np.float64(values), distribution.cdf).pvalue > 1e-3


def are_unrelated(one, other):
    """No correlation between two samples, nor between their sizes."""
    for first, second in ((one, other), (np.abs(one), np.abs(other))):
        assert abs(np.corrcoef(first, second)[0, 1]) < 4 / np.sqrt(len(one))


def near(share, expected, count=N):
    assert abs(share - expected) <= 4 * np.sqrt(expected * (1 - expected) / count)


def test_a_curl_field_is_normal_and_without_context_nothing_is_told():
    curl, sisu = drawn(std=1.5)
    is_from(curl, stats.norm(0, 1.5))
    np.testing.assert_array_equal(sisu, 0)


def test_a_constant_field_has_a_normal_length_and_any_direction():
    force, sisu = drawn(kind="constant", std=0.4)
    is_from(sizes(force), stats.halfnorm(0, 0.4))
    angle = np.arctan2(force[:, 1], force[:, 0])
    is_from(angle, stats.uniform(-np.pi, 2 * np.pi))
    are_unrelated(angle, sizes(force))
    np.testing.assert_allclose(np.cov(force.T), np.eye(2) * 0.4**2 / 2, atol=0.002)
    np.testing.assert_array_equal(sisu, 0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("p_active", [0.5, 0.25, 1.0])
def test_bcs_tells_whether_there_is_a_field(kind, p_active):
    strength, sisu = drawn("bcs", kind, 1.5, p_active)
    assert set(np.unique(sisu)) == ({0, 1} if p_active < 1 else {1})
    np.testing.assert_array_equal(sizes(strength) == 0, sisu == 0)
    near((sisu == 1).mean(), p_active)
    active = strength[sisu == 1]
    is_from(
        *(
            (active, stats.norm(0, 1.5))
            if kind == "curl"
            else (sizes(active), stats.halfnorm(0, 1.5))
        )
    )


@pytest.mark.parametrize("kind", KINDS)
def test_dai_tells_the_size_of_the_field_and_not_its_direction(kind):
    strength, sisu = drawn("dai", kind, 1.5)
    is_from(sisu, stats.halfnorm())
    if kind == "curl":
        np.testing.assert_array_equal(np.abs(strength), np.float32(1.5) * sisu)
        near((strength > 0).mean(), 0.5)
        near((strength[sisu > 1] > 0).mean(), 0.5, (sisu > 1).sum())
    else:
        np.testing.assert_allclose(sizes(strength), 1.5 * sisu, rtol=1e-6)
        angle = np.arctan2(strength[:, 1], strength[:, 0])
        is_from(angle, stats.uniform(-np.pi, 2 * np.pi))
        are_unrelated(angle, sisu)


def test_dai_tells_that_there_is_no_field():
    strength, sisu = drawn("dai", p_active=0.25)
    np.testing.assert_array_equal(strength == 0, sisu == 0)
    near((sisu > 0).mean(), 0.25)
    is_from(sisu[sisu > 0], stats.halfnorm())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("std", [0.4, 2.0])
def test_pai_asf_tells_the_spread_that_the_field_is_drawn_with(kind, std):
    """s ~ U(0, 1), and the field ~ N(0, (s·σ)²) given s."""
    strength, sisu = drawn("pai-asf", kind, std)
    is_from(sisu, stats.uniform())
    some = sisu > 1e-3  # below, single precision rounds a lot
    scaled = (strength.T / sisu / std).T[some]
    if kind == "curl":
        is_from(scaled, stats.norm())
        are_unrelated(scaled, sisu[some])
    is_from(sizes(scaled), stats.halfnorm())
    are_unrelated(sizes(scaled), sisu[some])
    for low in np.linspace(0, 0.9, 10):
        within = (sisu >= low) & (sisu < low + 0.1)
        expected = (sisu[within].astype(float) ** 2).mean() * std**2
        found = (sizes(strength[within]).astype(float) ** 2).mean()
        # The square of a normal number has the variance 2; a little more for the spread of s.
        assert found == pytest.approx(expected, rel=4 * np.sqrt(4 / within.sum())), low
    near((sizes(strength) > std).mean(), stats.norm.sf(1 / np.linspace(1e-6, 1, 10**6)).mean() * 2)


def test_pai_asf_with_a_share_of_active_trials_tells_the_spread_all_the_same():
    strength, sisu = drawn("pai-asf", p_active=0.25)
    is_from(sisu, stats.uniform())
    near((strength != 0).mean(), 0.25)
    are_unrelated(strength != 0, sisu)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", METHODS)
def test_a_scale_acts_on_the_field_alone(kind, method):
    p_active = 0.5 if method == "bcs" else None
    full, told = drawn(method, kind, 1.5, p_active)
    half, told_too = drawn(method, kind, 1.5, p_active, scale=0.5)
    none, told_as_well = drawn(method, kind, 1.5, p_active, scale=0.0)
    np.testing.assert_array_equal(half, full / 2)
    np.testing.assert_array_equal(none, 0)
    np.testing.assert_array_equal(told, told_too)
    np.testing.assert_array_equal(told, told_as_well)


@pytest.mark.parametrize("method", METHODS)
def test_another_standard_deviation_or_kind_is_another_size_of_the_same_draws(method):
    p_active = 0.5 if method == "bcs" else None
    one, told = drawn(method, std=1.0, p_active=p_active)
    for kind, std in (("curl", 2.0), ("curl", 0.0), ("constant", 2.0), ("constant", 0.0)):
        other, told_too = drawn(method, kind, std, p_active)
        np.testing.assert_array_equal(told, told_too)
        np.testing.assert_allclose(sizes(other), std * sizes(one), rtol=1e-6)
        if std == 0:
            np.testing.assert_array_equal(other, 0)


def test_all_methods_see_the_same_fields():
    field, _ = drawn()
    active, is_active = drawn("bcs", p_active=0.5)
    np.testing.assert_array_equal(active, np.where(is_active == 1, field, 0))
    np.testing.assert_array_equal(drawn("dai")[0], field)
    spread, s = drawn("pai-asf")
    np.testing.assert_allclose(spread, s * field, rtol=1e-6)
    rarely, is_rare = drawn("bcs", p_active=0.25)
    assert (is_active[is_rare == 1] == 1).all()  # activity too is drawn once
    np.testing.assert_array_equal(rarely, np.where(is_rare == 1, field, 0))
    are_unrelated(is_active, field)
    are_unrelated(is_active, s)
