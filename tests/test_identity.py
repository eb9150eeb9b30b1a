"""Identity: every leaf counts, and nothing but leaves does."""

import copy
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from leaf_changes import OTHER, before_and_after
from pydantic import BaseModel
from steadyhand.config import Hyperparameters, leaves
from steadyhand.config.evaluation import Evaluation
from steadyhand.config.search import FixedPointSearch
from steadyhand.identity import canonical, canonical_json, identify
from steadyhand.requests import (
    evaluation_id_of,
    evaluation_request,
    model_id_of,
    search_id_of,
    search_request,
    training_id_of,
    training_of,
)


def leaf_fields(model: type[BaseModel], at: str = "") -> Iterator[str]:
    """Dotted paths of all leaves, by walking the models: a new field is found by itself."""
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from leaf_fields(kind, f"{at}{name}.")
        else:
            yield f"{at}{name}"


def test_another_value_is_known_for_every_leaf():
    walked = list(leaf_fields(Hyperparameters))
    assert walked == [path for path, _ in leaves(Hyperparameters())]
    assert walked == list(OTHER)


def changed(path: str) -> tuple[Hyperparameters, Hyperparameters]:
    """Two models that differ in one leaf."""
    before, after = map(Hyperparameters.model_validate, before_and_after(path, {}))
    different = [
        one for one, other in zip(leaves(before), leaves(after), strict=True) if one != other
    ]
    assert [name for name, _ in different] == [path]
    return before, after


def test_every_leaf_of_the_hyperparameters_changes_the_model_id():
    ids = {model_id_of(changed(path)[1]) for path in OTHER}
    assert len(ids) == len(OTHER)
    for path in OTHER:
        before, after = changed(path)
        assert model_id_of(before) != model_id_of(after), path


def test_a_training_is_identified_by_all_that_the_trainer_reads_and_no_more():
    for path in OTHER:
        before, after = (training_id_of(training_of(model)) for model in changed(path))
        assert (before == after) == path.startswith("selection."), path


def test_spelling_does_not_count():
    spelled_out = Hyperparameters().model_dump(mode="json")
    backwards = {
        key: dict(reversed(value.items())) if isinstance(value, dict) else value
        for key, value in reversed(spelled_out.items())
    }
    trained = backwards["schedule"]["trainable"]
    trained["0"].reverse()
    backwards["schedule"]["n_batches"] = float(backwards["schedule"]["n_batches"])
    backwards["plant"]["mass"] = int(backwards["plant"]["mass"])
    assert model_id_of(Hyperparameters.model_validate(backwards)) == model_id_of(Hyperparameters())


def test_canonical_json_has_one_spelling():
    assert canonical_json({"b": 1.0, "a": (1, 2.5)}) == '{"a":[1,2.5],"b":1}'
    assert canonical_json({"a": True}) != canonical_json({"a": 1})
    assert canonical_json(-0.0) == "0"
    for bad in (float("nan"), float("inf")):
        with pytest.raises(ValueError, match="no place in an identity"):
            canonical_json({"x": [bad]})
    with pytest.raises(TypeError):
        canonical_json({1: 2})
    with pytest.raises(TypeError):
        canonical_json({"x": {1, 2}})


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(plain)
def test_canonical_form_is_stable_and_keeps_the_value(value):
    once = canonical(value)
    assert canonical(once) == once == copy.deepcopy(value)
    assert canonical_json(once) == canonical_json(value)


def test_kinds_do_not_share_ids():
    assert identify("model", {"a": 1}) != identify("training", {"a": 1})


def test_requests_depend_on_the_physics_of_the_model():
    """Equal weights under another time step are other states."""
    evaluation = Evaluation.model_validate({"task": {"type": "steady"}})
    search = FixedPointSearch.model_validate({"starts_from": "posture"})
    base = Hyperparameters()
    ids = {evaluation_id_of(evaluation_request(evaluation, base))}
    searches = {search_id_of(search_request(search, "e", {}, base))}
    for group, change in {
        "plant": {"time_step": 0.01},
        "feedback": {"delay": 3},
        "motor": {"noise_std": 0.3},
        "task": {"n_steps": 50},
        "network": {"hidden_size": 51},
    }.items():
        other = Hyperparameters.model_validate({group: change})
        evaluation_id = evaluation_id_of(evaluation_request(evaluation, other))
        assert evaluation_id not in ids, group
        ids.add(evaluation_id)
        searches.add(search_id_of(search_request(search, "e", {}, other)))
    assert len(searches) == 5  # the length of training trials is not in a search
    searches.add(search_id_of(search_request(search, "another evaluation", {}, base)))
    assert len(searches) == 6


def test_requests_do_not_depend_on_what_cannot_change_them():
    evaluation = Evaluation.model_validate({"task": {"type": "steady"}})
    base = evaluation_id_of(evaluation_request(evaluation, Hyperparameters()))
    other = Hyperparameters.model_validate({"seed": 9, "optimizer": {"learning_rate": 0.1}})
    assert evaluation_id_of(evaluation_request(evaluation, other)) == base


def test_noise_of_an_evaluation_replaces_that_of_training():
    noisy = Hyperparameters.model_validate({"feedback": {"noise_std": 0.2}})
    evaluation = Evaluation.model_validate(
        {"task": {"type": "steady"}, "feedback_noise_std": 0, "motor_noise_std": 0.5}
    )
    request = evaluation_request(evaluation, noisy)
    assert request["physics"]["feedback"]["noise_std"] == 0
    assert request["physics"]["motor"]["noise_std"] == 0.5
