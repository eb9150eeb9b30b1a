"""Stacks: immutable plans, new ones for new models only, no larger than a machine holds."""

import math

import jax
import pytest
from leaf_changes import OTHER, before_and_after
from steadyhand import rounds, training_cost
from steadyhand.config import Hyperparameters
from steadyhand.errors import UserError
from steadyhand.network import channels_of, init_controller
from steadyhand.requests import training_id_of, training_of
from steadyhand.stacks import (
    Machine,
    _shape,
    assign,
    read_plans,
    save_plans,
    stack_memory_mb,
    stack_seconds,
)
from steadyhand.train import shapes_of


def trainings(*stds, **more):
    found = (
        training_of(
            Hyperparameters.model_validate({"field": {"std": std}, "replicates": 5, **more})
        )
        for std in stds
    )
    return {training_id_of(it): it for it in found}


def members(plans):
    return sorted(sorted(plan["members"]) for plan in plans)


def test_models_of_one_shape_share_stacks_up_to_a_number_of_networks():
    plans = assign(trainings(*range(7)), [], Machine(networks=15))
    assert sorted(len(plan["members"]) for plan in plans) == [1, 3, 3]
    assert sorted(id for plan in plans for id in plan["members"]) == sorted(trainings(*range(7)))


def test_other_shapes_make_other_stacks():
    both = trainings(0, 1) | trainings(0, 1, network={"hidden_size": 7})
    assert [len(plan["members"]) for plan in assign(both, [])] == [2, 2]


def test_models_share_stacks_if_and_only_if_one_program_can_train_them():
    for path in OTHER:
        before, after = (
            training_of(Hyperparameters.model_validate(it)) for it in before_and_after(path, {})
        )
        by_program = shapes_of(before) == shapes_of(after)
        assert (_shape(before) == _shape(after)) == (by_program and path != "replicates"), path


def test_a_stack_holds_no_more_than_its_memory():
    everyone = trainings(*range(8))
    (plan,) = assign(everyone, [], Machine(networks=40))
    whole = stack_memory_mb(plan, cores=2)
    for limit in (whole - 1, whole - 30):
        plans = assign(everyone, [], Machine(networks=40, memory_mb=limit))
        assert len(plans) > 1
        assert all(stack_memory_mb(it, 2) <= limit for it in plans)
        assert sorted(id for it in plans for id in it["members"]) == sorted(everyone)


def test_a_model_that_no_stack_can_hold_is_named_with_what_it_takes():
    large = trainings(0, network={"hidden_size": 1000})
    with pytest.raises(UserError) as caught:
        assign(large, [], Machine(memory_mb=1000))
    said = str(caught.value)
    assert "network.hidden_size = 1000, schedule.batch_size = 250, task.n_steps = 100" in said
    assert said.endswith("MB; stack_mem_mb of the profile allows 1000 MB")
    assert "\n" not in said


@pytest.mark.parametrize("kind", ["gru", "vanilla", "lstm"])
@pytest.mark.parametrize("method", ["none", "dai"])
def test_costs_are_those_of_the_networks_that_are_trained(kind, method):
    content = {"network": {"type": kind, "hidden_size": 7}, "context": {"method": method}}
    spec = training_of(Hyperparameters.model_validate(content))
    network = jax.eval_shape(
        lambda: init_controller(jax.random.key(0), spec["network"], channels_of(spec), "float32")
    )
    expected = sum(math.prod(leaf.shape) for leaf in jax.tree.leaves(network))
    assert training_cost.weights_of(spec) == expected
    assert training_cost.chunks_of is rounds.chunks_of


def test_costs_grow_with_what_is_trained():
    def costs(**more):
        (plan,) = assign(trainings(0, **more), [])
        return stack_memory_mb(plan, 2), stack_seconds(plan, 2)

    base = costs()
    for more in (
        {"network": {"hidden_size": 200}},
        {"task": {"n_steps": 1000}},
        {"replicates": 40},
        {"schedule": {"n_batches": 100_000}},
    ):
        assert all(large > small for large, small in zip(costs(**more), base, strict=True)), more


def test_a_value_added_makes_a_stack_of_the_new_model_only():
    before = assign(trainings(0, 1), [])
    after = assign(trainings(0, 1, 2), before)
    assert members(before)[0] in members(after)
    assert [set(trainings(2))] == [set(plan["members"]) for plan in after if plan not in before]


def test_a_value_removed_keeps_the_plan_as_it_was():
    before = assign(trainings(0, 1, 2), [])
    assert assign(trainings(1), before) == before
    assert assign(trainings(5), before) != before


def test_a_stack_does_not_depend_on_the_order_of_models():
    forward, backward = trainings(0, 1, 2), trainings(2, 1, 0)
    assert assign(forward, []) == assign(backward, [])


def test_plans_are_read_back_as_they_were_and_never_written_twice(tmp_path):
    plans = assign(trainings(0, 1.5), [])
    save_plans(tmp_path, plans)
    assert read_plans(tmp_path) == plans
    assert repr(read_plans(tmp_path)) == repr(plans)  # Snakemake compares them as text
    (path,) = tmp_path.glob("*.json")
    before = path.stat().st_mtime_ns
    save_plans(tmp_path, plans)
    assert path.stat().st_mtime_ns == before
