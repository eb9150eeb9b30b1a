"""Frequency response of the closed loop, from the sensory noise to the command.

Sensory noise is white, independent of all else, and known: what was sensed less what there was to
be sensed. All its components act at once, so the response H to each of them, at each frequency, is
the solution of S_xx·H = S_xy, with the spectral matrix of the noise and its cross-spectra with the
command (Bendat & Piersol, Random Data, ch. 7). As the input has no error of its own, H has no bias.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Complex, Float

from steadyhand.analyses.needs import FEWEST_TRIALS, NEEDED
from steadyhand.analysis_layout import about
from steadyhand.states_blocks import in_blocks_of_trials, real

GAINS = {"position": "N m-1", "velocity": "N s m-1"}
"""What is sensed, both axes of each in this order, and the unit of the response to its noise."""

_DIMS = ("condition", "replicate", "frequency", "noise_axis", "axis")


@dataclass
class Spectra:
    """Sums over trials, axes `frequency input … output`."""

    of_input: Complex[np.ndarray, "frequency input input"]
    cross: Complex[np.ndarray, "frequency input output"]
    of_output: Float[np.ndarray, "frequency output"]
    ratio: Complex[np.ndarray, "frequency input output"]
    """Of the transforms, trial by trial: the reference's estimate."""
    ratio_square: Float[np.ndarray, "frequency input output"]
    trials: int = 0


def frequencies(n_samples: int, time_step: float) -> Float[np.ndarray, " frequency"]:
    """Those at which a response is estimated [Hz]; the mean, at 0, is left out."""
    return np.fft.rfftfreq(n_samples, time_step)[1:]


def no_spectra(n_samples: int, n_inputs: int, n_outputs: int) -> Spectra:
    """Where sums over trials begin."""
    n = n_samples // 2
    return Spectra(
        np.zeros((n, n_inputs, n_inputs), complex),
        np.zeros((n, n_inputs, n_outputs), complex),
        np.zeros((n, n_outputs)),
        np.zeros((n, n_inputs, n_outputs), complex),
        np.zeros((n, n_inputs, n_outputs)),
    )


def add_trials(
    spectra: Spectra,
    given: Float[np.ndarray, "trial time input"],
    command: Float[np.ndarray, "trial time output"],
) -> Spectra:
    """The sums with some trials more; each is centred, and tapered by a Hann window."""
    window = np.hanning(given.shape[1] + 2)[1:-1, None]
    x, y = (np.fft.rfft(window * _centred(it), axis=1)[:, 1:] for it in (given, command))
    # The reference's: no window, and a small number against a division by 0.
    plain_x, plain_y = (np.fft.rfft(it, axis=1)[:, 1:] for it in (given, command))
    ratio = plain_y[:, :, None, :] / (plain_x[..., None] + 1e-8)
    return Spectra(
        spectra.of_input + np.einsum("tfi,tfj->fij", x.conj(), x),
        spectra.cross + np.einsum("tfi,tfo->fio", x.conj(), y),
        spectra.of_output + (np.abs(y) ** 2).sum(axis=0),
        spectra.ratio + ratio.sum(axis=0),
        spectra.ratio_square + (np.abs(ratio) ** 2).sum(axis=0),
        spectra.trials + len(given),
    )


def response(
    spectra: Spectra,
) -> tuple[
    Complex[np.ndarray, "frequency input output"], Float[np.ndarray, "frequency input output"]
]:
    """H, and the partial coherence of each input with each output.

    That is the share of the output which is the response to this input, of what the other inputs
    leave over: 1 in a linear loop without other noise. 0 where nothing comes out.
    """
    inverse = np.linalg.inv(spectra.of_input)
    transfer = inverse @ spectra.cross
    explained = np.einsum("fio,fio->fo", spectra.cross.conj(), transfer).real
    left = np.maximum(spectra.of_output - explained, 0)[:, None]
    alone = 1 / np.einsum("fii->fi", inverse).real
    mine = np.abs(transfer) ** 2 * alone[..., None]
    total = mine + left
    return transfer, np.divide(mine, total, where=total > 0, out=np.zeros(total.shape))


def frequency_response(states: xr.Dataset, request: dict[str, Any]) -> xr.Dataset:
    """Of every condition and network, from each component of the sensory noise to the command.

    Variables begin with what is sensed: `position_gain`, `velocity_phase`, …
    `request` has `skip`, the number of stored states at the start that are left out, and, as the
    evaluation has it, `physics` with the `delay` and `noise_std` of the `feedback`. A gain is in
    newtons per metre (N s/m for velocities), a phase in radians, positive where the command leads.
    Raises `ValueError` where there is no sensory noise, or a condition has too few trials.
    """
    feedback = request["physics"]["feedback"]
    if not feedback["noise_std"]:
        raise ValueError("there is no sensory noise, and so nothing that the loop responds to")
    first = 1 + request["skip"]
    n_samples = states.sizes["time"] - first
    step = float(states.time[1] - states.time[0])
    conditions, counts = np.unique(states.condition.values, return_counts=True)
    if counts.min() < FEWEST_TRIALS:
        raise ValueError(f"a condition has {counts.min()} trials, and needs {FEWEST_TRIALS}")
    replicates = states.sizes["replicate"]
    sums = {
        (condition, replicate): no_spectra(n_samples, 2 * len(GAINS), 2)
        for condition in conditions
        for replicate in range(replicates)
    }
    for block in in_blocks_of_trials(states, list(NEEDED["frequency_response"])):
        given, command = sensory_noise(block, feedback["delay"]), real(block, "command")
        for condition in np.unique(block.condition.values):
            chosen = block.condition.values == condition
            for replicate in range(replicates):
                key = (condition, replicate)
                at = (chosen, replicate, slice(first, None))
                sums[key] = add_trials(sums[key], given[at], command[at])
    return _as_dataset(states, sums, conditions, frequencies(n_samples, step))


def sensory_noise(
    states: xr.Dataset, delay: int
) -> Float[np.ndarray, "trial replicate time input"]:
    """What was sensed, less what there was to be sensed [m, m/s]; 0 at the start.

    Update k senses the position and velocity of state k − `delay`, or the first one.
    """
    sensed = [real(states, f"feedback_{it}") for it in ("position", "velocity")]
    true = [real(states, it) for it in ("position", "velocity")]
    seen = np.maximum(np.arange(states.sizes["time"]) - 1 - delay, 0)
    noise = np.concatenate(sensed, axis=-1) - np.concatenate(true, axis=-1)[:, :, seen]
    noise[:, :, 0] = 0
    return noise


def _centred(values: np.ndarray) -> np.ndarray:
    return values - values.mean(axis=1, keepdims=True)


def _as_dataset(
    states: xr.Dataset,
    sums: dict[tuple[int, int], Spectra],
    conditions: np.ndarray,
    frequency: np.ndarray,
) -> xr.Dataset:
    def table(of: Any) -> np.ndarray:
        rows = [[of(sums[it, r]) for r in range(states.sizes["replicate"])] for it in conditions]
        return np.array(rows)

    transfer, coherence = (table(lambda it, k=k: response(it)[k]) for k in (0, 1))
    ratio = table(lambda it: it.ratio / it.trials)
    spread = table(
        lambda it: np.sqrt(
            np.maximum(it.ratio_square / it.trials - abs(it.ratio / it.trials) ** 2, 0)
        )
    )
    variables = {}
    for first, (sensed, gain) in enumerate(GAINS.items()):
        components = slice(2 * first, 2 * first + 2)
        for name, values, units, meaning in (
            ("gain", np.abs(transfer), gain, "magnitude of the response"),
            ("phase", np.angle(transfer), "rad", "phase of the response"),
            ("coherence", coherence, "1", "partial coherence of noise and command"),
            ("ratio_gain", np.abs(ratio), gain, "magnitude of the mean of ratios"),
            ("ratio_phase", np.angle(ratio), "rad", "phase of the mean of ratios"),
            ("ratio_sd", spread, gain, "standard deviation of ratios over trials"),
        ):
            told = about(units, f"{meaning}, to noise of the sensed {sensed}")
            variables[f"{sensed}_{name}"] = (_DIMS, values[:, :, :, components], told)
    axes = np.array(["x", "y"], object)
    return xr.Dataset(
        variables,
        coords={
            "condition": ("condition", conditions, about("1", "number of the condition")),
            "replicate": ("replicate", states.replicate.values, about("1", "replicate")),
            "frequency": ("frequency", frequency, about("Hz", "frequency")),
            "noise_axis": ("noise_axis", axes, about("1", "axis of the sensory noise")),
            "axis": ("axis", axes, about("1", "axis of the command")),
        },
    )
