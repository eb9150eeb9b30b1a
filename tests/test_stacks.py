"""Stacks: immutable plans, new ones for new models only."""

from steadyhand.config import Hyperparameters
from steadyhand.requests import training_id_of, training_of
from steadyhand.stacks import assign, read_plans, save_plans


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
    plans = assign(trainings(*range(7)), [], networks=15)
    assert sorted(len(plan["members"]) for plan in plans) == [1, 3, 3]
    assert sorted(id for plan in plans for id in plan["members"]) == sorted(trainings(*range(7)))


def test_other_shapes_make_other_stacks():
    both = trainings(0, 1) | trainings(0, 1, network={"hidden_size": 7})
    assert [len(plan["members"]) for plan in assign(both, [])] == [2, 2]


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
