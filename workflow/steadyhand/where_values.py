"""The names and values that the syntax tree of a filter spells."""

import ast
import math
from collections.abc import Callable

from steadyhand.where_columns import Literal

Error = Callable[[str, ast.AST], Exception]
"""Makes the error to raise from a problem and the node that has it."""

_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "none": None}
_MEANT: dict[type[ast.operator | ast.unaryop], str] = {
    ast.BitAnd: "write and, not &",
    ast.BitOr: "write or, not |",
    ast.Invert: "write not, not ~",
}
_EXPECTED = "a value is expected here: a number, text, true, false, null"


def dotted(node: ast.AST) -> str | None:
    """`train.field.std` as it was written; None for what is no name."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else None


def constant(node: ast.expr, error: Error) -> Literal | None:
    """The value that a node spells; None for null. Raises `error` for anything else."""
    if isinstance(node, ast.Name):
        return _WORDS.get(node.id.lower(), node.id)
    refuse_calculation(node, error)
    sign = 1
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        sign, node = -1 if isinstance(node.op, ast.USub) else 1, node.operand
        if not isinstance(node, ast.Constant) or type(node.value) not in (int, float):
            raise error("a sign goes with a number alone", node)
    if not isinstance(node, ast.Constant):
        raise error(_EXPECTED, node)
    value = node.value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        if not math.isfinite(value) or (abs(value) >= 2**63 and isinstance(value, int)):
            raise error("a number beyond 64 bits", node)
        return sign * value
    if isinstance(value, str) and value.isprintable():
        return value
    raise error(_EXPECTED, node)


def refuse_calculation(node: ast.expr, error: Error) -> None:
    """Raise `error` for an operator of Python's that filters don't have."""
    if isinstance(node, ast.BinOp | ast.UnaryOp) and type(node.op) in _MEANT:
        raise error(_MEANT[type(node.op)], node)
    if isinstance(node, ast.BinOp):
        raise error("nothing is calculated; text with signs goes in quotes", node)
