"""One grammar of filters for every table: from text to a parameterised SQL condition.

    train.field.std >= 1 and train.field.type == curl
    eval.field.amplitude in [0, 1] or not (replicate == 1)
    0.5 <= train.field.std < 2
    end_position_error == null

Python's own parser reads the text; nothing of it is ever executed. Values travel as SQL
parameters and only columns that exist are named, so no text can become SQL.

- Comparisons: `==  !=  <  <=  >  >=`, `in [..]`, `not in [..]`, chained as in mathematics.
- A word opposite to a column of text is that text, with or without quotes; so is an id that begins
  with digits, or has nothing else.
- A missing value matches nothing but `== null` (or `is null`): neither `x != 1` nor
  `not x == 1` holds where x is missing (SQL's three-valued logic).
- Numbers are compared with numbers, text with text, booleans with `true` and `false` (or 1 and
  0); another literal is an error, so `replicate == true` never selects replicate 1.
- Where a column holds a list, a comparison holds if it does for *any* element; `== [0, 1]`
  compares the list as a whole.
- A column of booleans is a condition by itself: `included and not asked`.
"""

import ast
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from steadyhand.errors import UserError
from steadyhand.identity import canonical_json
from steadyhand.where_columns import Column, Literal, any_element, require_kind, unknown_column
from steadyhand.where_text import BadSyntaxError, parse, spelled
from steadyhand.where_values import constant, dotted, refuse_calculation

_LONGEST = 4000
_DEEPEST = 40
_OPERATORS: dict[type[ast.cmpop], str] = {
    ast.Eq: "=",
    ast.NotEq: "<>",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "=",
    ast.IsNot: "<>",
}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


class Clause(NamedTuple):
    """A condition in SQL, and the values of its `?` in order."""

    sql: str
    parameters: tuple[Literal, ...]


def compile_where(filters: str | Iterable[str], columns: Mapping[str, Column]) -> Clause:
    """The SQL condition that holds where every one of `filters` does; true if there are none.

    `columns` maps each name that a filter may use to its kind and SQL expression.
    Raises `UserError` (one line, with the position) for bad syntax, an unknown column (naming
    the nearest ones), or values of another kind than the column's.
    """
    texts = [filters] if isinstance(filters, str) else list(filters)
    clauses = [_Filter(text, columns).compile() for text in texts]
    if not clauses:
        return Clause("1", ())
    return Clause(
        " AND ".join(f"({clause.sql})" for clause in clauses),
        tuple(value for clause in clauses for value in clause.parameters),
    )


class _Filter:
    """One filter while it is compiled."""

    def __init__(self, text: str, columns: Mapping[str, Column]):
        self._text = " ".join(text.splitlines()).strip()
        self._columns = columns
        self._parameters: list[Literal] = []

    def compile(self) -> Clause:
        if not self._text:
            raise UserError("filter '': it is empty; an example: train.field.std >= 1")
        if len(self._text) > _LONGEST:
            raise UserError(f"filter: {len(self._text)} characters; at most {_LONGEST} are read")
        return Clause(self._condition(self._parse(), 0), tuple(self._parameters))

    def _parse(self) -> ast.expr:
        try:
            return parse(self._text)
        except BadSyntaxError as error:
            raise self._error(error.problem, error.place) from None
        except (ValueError, RecursionError, MemoryError) as error:
            raise UserError(f"filter {self._text!r}: it can't be read ({error})") from None

    def _error(self, problem: str, place: ast.AST | int | None) -> UserError:
        if place is None:
            return UserError(f"filter {self._text!r}: {problem}, at the end")
        if isinstance(place, ast.AST):
            octets = self._text.encode()[: getattr(place, "col_offset", 0)]
            place = len(octets.decode(errors="ignore"))
        return UserError(
            f"filter {self._text!r}: {problem}, at character {place + 1} "
            f"({self._text[place : place + 20]!r})"
        )

    def _condition(self, node: ast.expr, depth: int) -> str:
        if depth > _DEEPEST:
            raise self._error(f"nested deeper than {_DEEPEST} levels", node)
        if isinstance(node, ast.BoolOp):
            joint = " AND " if isinstance(node.op, ast.And) else " OR "
            return joint.join(f"({self._condition(part, depth + 1)})" for part in node.values)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            return f"NOT ({self._condition(node.operand, depth + 1)})"
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            pairs = zip(sides, node.ops, sides[1:], strict=False)
            return " AND ".join(f"({self._pair(*pair)})" for pair in pairs)
        refuse_calculation(node, self._error)
        if dotted(node) is not None:
            column = self._column(node)
            if column.kind not in ("boolean", "empty"):
                raise self._error(f"{dotted(node)} needs a comparison", node)
            return f"{column.sql} = 1"
        raise self._error("not a comparison of a column with a value", node)

    def _pair(self, left: ast.expr, operator: ast.cmpop, right: ast.expr) -> str:
        if isinstance(operator, ast.In | ast.NotIn):
            return self._membership(left, isinstance(operator, ast.NotIn), right)
        sign = _OPERATORS[type(operator)]
        if not self._is_column(left):
            if not self._is_column(right):
                # Neither side exists: the left one is where a column is expected.
                self._column(left)
            left, sign, right = right, _MIRRORED.get(sign, sign), left
        column = self._column(left)
        if isinstance(operator, ast.Is | ast.IsNot) and constant(right, self._error) is not None:
            raise self._error("`is` goes with null alone; write ==", left)
        if self._names_other_column(column, right):
            return self._two_columns(left, sign, right)
        if isinstance(right, ast.List | ast.Tuple):
            return self._whole_list(left, sign, right)
        value = self._value(right, column)
        if value is None:
            if sign not in ("=", "<>"):
                raise self._error("null has no order; use == or !=", right)
            return f"{column.sql} IS {'NOT ' if sign == '<>' else ''}NULL"
        return self._compared(left, column, sign, [value])

    def _compared(self, node: ast.expr, column: Column, sign: str, values: list[Literal]) -> str:
        self._require_kinds(node, column, sign, values)
        marks = f"({', '.join('?' * len(values))})" if sign.endswith("IN") else "?"
        if column.kind != "list":
            self._parameters += values
            return f"{column.sql} {sign} {marks}"
        sql, repeats = any_element(column.sql, sign, marks, values)
        self._parameters += values * repeats
        return sql

    def _require_kinds(
        self, node: ast.expr, column: Column, sign: str, values: Iterable[Literal]
    ) -> None:
        name = str(dotted(node))
        for value in values:
            require_kind(name, column, sign, value, lambda problem: self._error(problem, node))

    def _membership(self, left: ast.expr, negated: bool, right: ast.expr) -> str:
        if not isinstance(right, ast.List | ast.Tuple | ast.Set) or not right.elts:
            raise self._error("`in` takes a list of values, such as [0, 1]", right)
        column = self._column(left)
        values = [self._value(item, column) for item in right.elts]
        if any(value is None for value in values):
            raise self._error("null is no member of a list; test it with == null", right)
        known = [value for value in values if value is not None]
        kinds = {
            str if isinstance(v, str) else bool if isinstance(v, bool) else float for v in known
        }
        if len(kinds) > 1:
            raise self._error("the values of a list are of one kind", right)
        condition = self._compared(left, column, "IN", known)
        return f"NOT ({condition})" if negated else condition

    def _whole_list(self, left: ast.expr, sign: str, right: ast.List | ast.Tuple) -> str:
        column = self._column(left)
        if sign not in ("=", "<>"):
            raise self._error("a list has no order; use ==, != or in", right)
        if column.kind not in ("list", "empty"):
            raise self._error(f"{dotted(left)} holds no lists; write `in` for one of", right)
        values = [self._value(item, column) for item in right.elts]
        self._require_kinds(left, column, sign, [value for value in values if value is not None])
        self._parameters.append(canonical_json(values))
        return f"{column.sql} {sign} ?"

    def _two_columns(self, left: ast.expr, sign: str, right: ast.expr) -> str:
        one, other = self._column(left), self._column(right)
        if "list" in (one.kind, other.kind):
            raise self._error("a column of lists is compared with values only", right)
        if one.kind != other.kind and "empty" not in (one.kind, other.kind):
            raise self._error(
                f"{dotted(left)} ({one.kind}) and {dotted(right)} ({other.kind}) don't compare",
                right,
            )
        return f"{one.sql} {sign} {other.sql}"

    def _names_other_column(self, column: Column, node: ast.expr) -> bool:
        """A name with a dot is a column; a plain word may be text, and is where text is due."""
        if isinstance(node, ast.Attribute):
            return True
        return self._is_column(node) and column.kind in ("number", "boolean")

    def _is_column(self, node: ast.expr) -> bool:
        return dotted(node) in self._columns

    def _column(self, node: ast.expr) -> Column:
        name = dotted(node)
        if name is None:
            raise self._error("a column is expected here", node)
        if name not in self._columns:
            raise UserError(f"filter {self._text!r}: {unknown_column(name, self._columns)}")
        return self._columns[name]

    def _value(self, node: ast.expr, column: Column) -> Literal | None:
        """A constant; where text is due, an id that happens to spell a number is text."""
        if column.holds == {"text"} and isinstance(node, ast.Constant):
            word = spelled(self._text, node)
            if type(node.value) in (int, float) and word.isalnum():
                return word
        return constant(node, self._error)
