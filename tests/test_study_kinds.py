"""What a study says of contexts and of kinds of networks, optimizers and muscles."""

import pytest
from steadyhand.config import load_study
from steadyhand.errors import UserError


def load(folder, sweep):
    path = folder / "mine.yaml"
    path.write_text(f"study: s\nsweeps: {{a: {{{sweep}}}}}\n", encoding="utf-8")
    return load_study([path]).sweeps["a"]


def complaint(folder, sweep) -> str:
    with pytest.raises(UserError) as caught:
        load(folder, sweep)
    said = str(caught.value)
    assert said.isprintable()
    return said.replace(f"{folder}/mine.yaml: sweeps.a.", "")


@pytest.mark.parametrize(
    ("sweep", "expected"),
    [
        (
            "context: {method: bcs}",
            "context.method = 'bcs': must come with context.p_active, the share of trials with a ",
        ),
        (
            "context: {p_active: 0.5}",
            "context.p_active = 0.5: must be left out with context.method = none, where every ",
        ),
        ("context: {method: bcs, p_active: 0}", "context.p_active = 0: must be greater than or eq"),
        ("context: {method: bcs, p_active: 2}", "context.p_active = 2: must be less than or equal"),
        ("context: {method: bcs, p_active: x}", "context.p_active = 'x': must be a valid number"),
        (
            "context: {method: pai-n}",
            "context.method = 'pai-n': the reference names this method and defines it nowhere, so "
            "there is nothing to train; allowed: 'none', 'bcs', 'dai' or 'pai-asf'",
        ),
        ("context: {method: 5}", "context.method = 5: must be 'none', 'bcs', 'dai' or 'pai-asf'"),
        (
            "context: {method: pai_asf}",
            "context.method = 'pai_asf': must be 'none', 'bcs', 'dai' o",
        ),
        ("context: bcs", "context = 'bcs': must be a mapping of keys to values"),
        ("context: {methd: bcs}", "context.methd = 'bcs': unknown key; did you mean 'method'?"),
        (
            "network: {type: lstm, leak: 0.5}",
            "network.leak = 0.5: must be 1 with network.type = lstm; only vanilla networks leak",
        ),
        ("network: {type: vanilla, leak: 0}", "network.leak = 0: must be greater than or equal to"),
        ("network: {type: rnn}", "network.type = 'rnn': must be 'gru', 'vanilla' or 'lstm'"),
        (
            "optimizer: {type: adam, weight_decay: 0.1}",
            "optimizer.weight_decay = 0.1: must be 0 with optimizer.type = adam; only adamw decays",
        ),
        ("optimizer: {type: sgd}", "optimizer.type = 'sgd': must be 'adamw' or 'adam'"),
        ("optimizer: {clip_norm: 0}", "optimizer.clip_norm = 0: must be greater than or equal to"),
        ("optimizer: {epsilon: 1e-15}", "optimizer.epsilon = 1e-15: must be greater than or equal"),
        (
            "motor: {rise_time: 0.01}",
            "motor.rise_time = 0.01: must be 0 or at least plant.time_step = 0.05, or the force",
        ),
        (
            "motor: {decay_time: 0.04}",
            "motor.decay_time = 0.04: must be 0 or at least plant.time_step = 0.05, or the force",
        ),
        ("loss: {readout_norm: -1}", "loss.readout_norm = -1: must be greater than or equal to 0"),
        ("loss: {readout_norm_value: x}", "loss.readout_norm_value = 'x': must be a valid number"),
        ("feedback: {noise_std: {1: 2}}", "feedback.noise_std = {1: 2}: must be a valid number"),
        ("plant: {1: 2}", "plant: the key 1 is not text; keys are names"),
        ("schedule: {1: 2}", "schedule: the key 1 is not text; keys are names"),
        ("grid: {1: [2]}", "grid: the key 1 is not text; keys are names"),
        ("grid: {context.method: [dai, pai-n]}", "grid.context.method[1] = 'pai-n': the reference"),
        (
            "grid: {context.method: [none, dai], context.p_active: [0.5]}",
            "grid.context.p_active[0] = 0.5: must be left out with sweeps.a.grid.context.method[0]",
        ),
        (
            "grid: {network.type: [gru, vanilla], network.leak: [0.5]}",
            "grid.network.leak[0] = 0.5: must be 1 with sweeps.a.grid.network.type[0] = 'gru'; onl",
        ),
    ],
)
def test_a_kind_or_context_that_cannot_be_meant(tmp_path, sweep, expected):
    assert complaint(tmp_path, sweep).startswith(expected)


def test_methods_without_a_share_of_their_own_have_all_trials_active(tmp_path):
    for method in ("dai", "pai-asf"):
        (short,) = load(tmp_path, f"context: {{method: {method}}}")
        (long,) = load(tmp_path, f"context: {{method: {method}, p_active: 1}}")
        assert short == long and short.context.p_active == 1
