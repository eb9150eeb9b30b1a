"""Recurrent cells, each with its pullback: the derivative of one update, written by hand.

A training spends most of its time in these two functions. `pullback` needs only what `forward`
set aside, so nothing is computed twice and little is stored; that it is the derivative of
`forward` is tested against automatic differentiation.
"""

from collections.abc import Sequence
from typing import Any

from jaxtyping import Array

from steadyhand.cells.cell import Cell
from steadyhand.cells.gru import Gru
from steadyhand.cells.lstm import Lstm
from steadyhand.cells.vanilla import Vanilla

__all__ = ["Cell", "Gru", "Lstm", "Vanilla", "cell_shapes", "make_cell", "state_size"]


def cell_shapes(network: dict[str, Any], input_size: int) -> list[tuple[int, ...]]:
    """Shapes of the arrays of a cell; `network` is that group of resolved hyperparameters."""
    units = network["hidden_size"]
    gates = {"gru": 3, "vanilla": 1, "lstm": 4}[network["type"]] * units
    shapes: list[tuple[int, ...]] = [(gates, input_size), (gates, units), (gates,)]
    return [*shapes, (units,)] if network["type"] == "gru" else shapes


def make_cell(network: dict[str, Any], arrays: Sequence[Array]) -> Cell:
    """A cell of these arrays, in the order of `cell_shapes`."""
    if network["type"] == "gru":
        return Gru(*arrays)
    if network["type"] == "vanilla":
        weight_ih, weight_hh, bias = arrays
        return Vanilla(weight_ih, weight_hh, bias, float(network["leak"]))
    return Lstm(*arrays)


def state_size(network: dict[str, Any]) -> int:
    """Numbers that a cell remembers, from the group `network` of resolved hyperparameters."""
    units: int = network["hidden_size"]
    return 2 * units if network["type"] == "lstm" else units
