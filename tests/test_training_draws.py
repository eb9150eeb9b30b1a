"""Draws of training and validation: what from, for whom the same, and for whom others."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from steadyhand.batch import condition_from, draw_chunk, trial_inputs
from steadyhand.config import Hyperparameters
from steadyhand.draws import What, draw_key, root_key
from steadyhand.pairing import salt_of
from steadyhand.requests import training_of
from steadyhand.stack_members import networks_of
from steadyhand.tiles import TILE
from steadyhand.trial_draws import draw_trials

N_TRIALS, N_STEPS = 125, 9
INDICES = np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0), (2, 999, 0)])
"""Replicate, batch, chunk."""
EACH_PAIR = [(i, j) for i in range(len(INDICES)) for j in range(i)]
CURL = {"field": {"std": 1.0}, "context": {"method": "pai-asf"}}


def spec_of(**changes):
    return training_of(Hyperparameters.model_validate(changes))


@partial(jax.jit, static_argnums=0)
def _drawn(n_trials, condition, trials, indices):
    """What the program of a stack draws; `trials` are the roots of each replicate's draws."""

    def chunk(indices):
        replicate, batch, chunk = indices
        key = jax.random.fold_in(jax.random.fold_in(trials[replicate], batch), chunk)
        return draw_chunk(condition, jnp.float32(1), key, n_trials, N_STEPS)

    return jax.vmap(chunk)(indices)


def roots_of(spec):
    return networks_of([spec | {"replicates": 3}], [salt_of(spec)])[0].trials


def drawn(**changes):
    """Arrays by name of what training draws for each of `INDICES`, which are the first axis."""
    spec = spec_of(**changes)
    condition = condition_from(spec, "float32")
    start, goal, inputs = _drawn(N_TRIALS, condition, roots_of(spec), jnp.asarray(INDICES))
    return {"start": start, "goal": goal, **by_name(inputs)}


def by_name(inputs):
    """What is random in the inputs of trials; the time of what stays over it is left out."""
    return {
        "curl": inputs.field.curl[..., 0, :],
        "sisu": inputs.sisu[..., 0, :],
        "sensory": inputs.sensory_noise,
        "motor": inputs.motor_noise,
    }


def validated(tile=0, **changes):
    spec = spec_of(**changes)
    root = root_key(spec["seed"], salt_of(spec))
    condition = condition_from(spec, "float32")
    goal = jnp.zeros((TILE, 2), "float32")
    return by_name(_validated(condition, root, jnp.asarray(tile), goal))


@jax.jit
def _validated(condition, root, tile, goal):
    """As validation does."""
    key = draw_key(root, What.VALIDATION, tile)
    return trial_inputs(condition, draw_trials(key, TILE, N_STEPS - 1, goal.dtype), goal)


PARTS = ["start", "goal", "curl", "sisu", "sensory", "motor"]
EXPECTED = {
    "start": stats.uniform(-1, 2),
    "goal": stats.uniform(-1, 2),
    "sisu": stats.uniform(0, 1),
    "sensory": stats.norm(),
    "motor": stats.norm(),
}


@pytest.fixture(scope="module")
def chunks():
    return drawn(**CURL)


@pytest.fixture(scope="module")
def many():
    """A single chunk of as many trials as a distribution needs."""
    spec = spec_of(**CURL)
    condition = condition_from(spec, "float32")
    start, goal, inputs = _drawn(20_000, condition, roots_of(spec), jnp.zeros((1, 3), int))
    return {"start": start[0], "goal": goal[0]} | {k: v[0] for k, v in by_name(inputs).items()}


def flat(values):
    return np.asarray(values, np.float64).ravel()


@pytest.mark.parametrize("part", EXPECTED)
def test_draws_of_training_are_from_their_distributions(many, part):
    values = flat(many[part])
    assert stats.kstest(values, EXPECTED[part].cdf).pvalue > 1e-3
    error = EXPECTED[part].std() / np.sqrt(values.size)
    assert abs(values.mean() - EXPECTED[part].mean()) < 4 * error
    assert values.std() == pytest.approx(EXPECTED[part].std(), rel=4 / np.sqrt(values.size))


@pytest.mark.parametrize("part", ["sensory", "motor"])
def test_noise_is_independent_over_time_and_components(many, part):
    """Also of the trial before: no two columns go together."""
    noise = np.moveaxis(np.asarray(many[part], np.float64), 1, 0)
    columns = noise.reshape(len(noise), -1)
    related = np.corrcoef(np.hstack([columns[1:], columns[:-1]]).T)
    beside = np.abs(related - np.eye(len(related)))
    assert beside.max() < 5 / np.sqrt(len(noise))


def test_what_is_drawn_for_a_trial_is_independent_of_all_else_of_it(many):
    columns = [many["start"], many["goal"], many["curl"][:, None], many["sisu"][:, None]]
    columns += [many["sensory"][0], many["motor"][0].reshape(-1, 4)]
    table = np.hstack([np.asarray(it, np.float64) for it in columns])
    table[:, 4] /= table[:, 5]  # the field is N(0, s²) given s
    for shown in (table, np.abs(table)):
        beside = np.abs(np.corrcoef(shown.T) - np.eye(shown.shape[1]))
        assert beside.max() < 5 / np.sqrt(len(table))


def test_points_fill_the_workspace_that_was_asked_for(chunks):
    other = drawn(**CURL, task={"workspace_min": -0.2, "workspace_max": 0.6})
    for part in ("start", "goal"):
        expected = -0.2 + 0.8 * (flat(chunks[part]) + 1) / 2
        np.testing.assert_allclose(flat(other[part]), expected, atol=1e-6)


@pytest.mark.parametrize("part", PARTS)
def test_replicates_batches_and_chunks_share_nothing(chunks, part):
    values = np.asarray(chunks[part], np.float64).reshape(len(INDICES), -1)
    for one, other in EACH_PAIR:
        related = np.corrcoef(values[one], values[other])[0, 1]
        assert abs(related) < 5 / np.sqrt(values.shape[1]), (INDICES[one], INDICES[other])
    # Single numbers of single precision meet by chance; rows of several do not.
    rows = values.reshape(-1, 5 if part in ("curl", "sisu") else 4)
    assert len(np.unique(rows, axis=0)) == len(rows)


@pytest.mark.parametrize(
    "changes",
    [
        {"field": {"std": 0.0}},
        {"field": {"std": 1.5, "type": "constant"}},
        {"context": {"method": "none"}},
        {"plant": {"mass": 2.0, "damping": 1.0}, "loss": {"nn_output": 0.1}},
        {"feedback": {"noise_std": 0.5, "delay": 2}, "motor": {"noise_std": 0.0}},
        {"network": {"type": "lstm", "hidden_size": 7}, "optimizer": {"learning_rate": 0.1}},
        {"replicates": 2, "schedule": {"n_batches": 7}, "selection": {"grid": 1}},
    ],
)
def test_paired_conditions_see_the_same_trials_and_noise(chunks, changes):
    other = drawn(**{**CURL, **changes})
    for part in ("start", "goal", "sensory", "motor"):
        np.testing.assert_array_equal(other[part], chunks[part])


@pytest.mark.parametrize("changes", [{"seed": 1}, {"paired": False}])
def test_other_seeds_and_models_that_are_not_paired_share_nothing(chunks, changes):
    other = drawn(**{**CURL, **changes})
    for part in PARTS:
        one, two = flat(chunks[part]), flat(other[part])
        assert abs(np.corrcoef(one, two)[0, 1]) < 5 / np.sqrt(one.size), part
        assert (one == two).mean() < 1e-3, part


def test_models_that_are_not_paired_share_nothing_with_each_other_either():
    one = drawn(**CURL, paired=False)
    two = drawn(**{**CURL, "field": {"std": 2.0}}, paired=False)
    assert abs(np.corrcoef(flat(one["goal"]), flat(two["goal"]))[0, 1]) < 0.1


def test_the_context_of_paired_models_does_not_depend_on_the_field(chunks):
    for changes in ({"std": 0.0}, {"std": 0.3, "type": "constant"}):
        np.testing.assert_array_equal(drawn(**{**CURL, "field": changes})["sisu"], chunks["sisu"])


def test_validation_draws_are_fixed_from_the_same_distributions_and_in_no_batch(chunks):
    first, second = validated(0, **CURL), validated(1, **CURL)
    for part in ("sensory", "motor", "sisu"):
        values = np.concatenate([flat(first[part]), flat(second[part])])
        assert stats.kstest(values, EXPECTED[part].cdf).pvalue > 1e-3
        np.testing.assert_array_equal(validated(0, **CURL)[part], first[part])
    for part in ("sensory", "motor"):
        everything = [*np.asarray(chunks[part]), np.asarray(first[part]), np.asarray(second[part])]
        rows = np.concatenate([it.reshape(-1, 4) for it in everything])
        assert len(np.unique(rows, axis=0)) == len(rows)


def test_validation_draws_are_those_of_paired_models_alone():
    first = validated(0, **CURL)
    paired = validated(0, **{**CURL, "field": {"std": 0.2}, "plant": {"mass": 3.0}})
    alone = validated(0, **CURL, paired=False)
    for part in ("sensory", "motor", "sisu"):
        np.testing.assert_array_equal(paired[part], first[part])
        assert (np.asarray(alone[part]) == np.asarray(first[part])).mean() < 1e-2
