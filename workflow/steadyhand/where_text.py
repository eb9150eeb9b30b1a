"""From the text of a filter to its syntax tree, and what is wrong with text that has none.

Ids often begin with a digit, and Python's parser takes no such word: its first digit is hidden
from the parser by a character of the same width, so that every place stays where it was.
"""

import ast
import re
import warnings
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""(?P<text>'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")
    |(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?!\w))
    |(?P<name>[^\W\d]\w*(?:\.[^\W\d]\w*)*)
    |(?P<word>[0-9]\w*)
    |(?P<sign>===|!==|==|!=|<=|>=|=>|=<|<>|&&|\|\||[^\s\w])""",
    re.VERBOSE,
)
_LEADING_ZERO = re.compile("0+[1-9][0-9]*")
_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=", "in", "is")
_JOINTS = ("and", "or")
_MEANT = {
    "=": "==",
    "===": "==",
    "!==": "!=",
    "=>": ">=",
    "=<": "<=",
    "<>": "!=",
    "&&": "and",
    "||": "or",
    "!": "not",
    "AND": "and",
    "OR": "or",
    "NOT": "not",
    "IN": "in",
    "IS": "is",
}
"""What other languages write, and what to write here."""
_CLOSED_BY = {"(": ")", "[": "]", "{": "}"}


class BadSyntaxError(Exception):
    """What is wrong with the text of a filter; `place` is the character, None for the end."""

    def __init__(self, problem: str, place: int | None):
        super().__init__(problem)
        self.problem = problem
        self.place = place


class _Token(NamedTuple):
    kind: str
    text: str
    place: int


def parse(text: str) -> ast.expr:
    """The syntax tree of a filter in one line; words that begin with a digit are names in it.

    Raises `BadSyntaxError`; `ValueError`, `RecursionError` or `MemoryError` for what Python's
    parser does not take at all.
    """
    hidden = {token.place: token.text for token in _tokens(text) if _is_word(token)}
    shown = "".join("_" if place in hidden else it for place, it in enumerate(text))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escapes in strings: no business of ours
            tree = ast.parse(shown, mode="eval").body
    except SyntaxError as error:
        raise _explained(text, (error.offset or 1) - 1) from None
    by_octet = {len(text[:place].encode()): word for place, word in hidden.items()}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.col_offset in by_octet:
            node.id = by_octet[node.col_offset]
    return tree


def spelled(text: str, node: ast.expr) -> str:
    """The text of a node, as it was written."""
    return text.encode()[node.col_offset : node.end_col_offset].decode()


def _tokens(text: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(text):
        yield _Token(str(match.lastgroup), match.group(), match.start())


def _is_word(token: _Token) -> bool:
    return token.kind == "word" or bool(_LEADING_ZERO.fullmatch(token.text))


def _explained(text: str, place: int) -> BadSyntaxError:
    """The first thing that someone who writes filters by hand would want to be told."""
    tokens = list(_tokens(text))
    for token in tokens:
        if token.kind in ("sign", "name") and token.text in _MEANT:
            return BadSyntaxError(f"write {_MEANT[token.text]}, not {token.text}", token.place)
        if token.kind == "sign" and token.text in "'\"":
            return BadSyntaxError("the quote is never closed", token.place)
    if tokens and _takes_more(tokens[-1]):
        return BadSyntaxError(f"{_missing(tokens[-1])} is missing after `{tokens[-1].text}`", None)
    return _unbalanced(tokens) or _misplaced(tokens) or BadSyntaxError("bad syntax", place)


def _unbalanced(tokens: list[_Token]) -> BadSyntaxError | None:
    opened: list[_Token] = []
    for token in tokens:
        opens, closes = token.text in _CLOSED_BY, token.text in _CLOSED_BY.values()
        if opens:
            opened.append(token)
        elif closes and (not opened or _CLOSED_BY[opened.pop().text] != token.text):
            return BadSyntaxError(f"`{token.text}` closes nothing", token.place)
    if opened:
        return BadSyntaxError(f"`{opened[-1].text}` is never closed", opened[-1].place)
    return None


def _misplaced(tokens: list[_Token]) -> BadSyntaxError | None:
    """An operator without what belongs before it, or values without one between them."""
    before: _Token | None = None
    for token in tokens:
        follows = before is not None and not _takes_more(before) and before.text not in ("(", "[")
        if token.text in (*_COMPARISONS, *_JOINTS) and not follows and not _goes_on(before, token):
            return BadSyntaxError(
                f"{_missing(token)} is missing before `{token.text}`", token.place
            )
        if follows and before is not None and _is_operand(before) and _is_operand(token):
            return BadSyntaxError(
                "an operator is missing before this; text with blanks goes in quotes", token.place
            )
        before = token
    return None


def _goes_on(before: _Token | None, token: _Token) -> bool:
    """`not in` is one operator."""
    return before is not None and (before.text, token.text) == ("not", "in")


def _takes_more(token: _Token) -> bool:
    return token.kind != "text" and token.text in (*_COMPARISONS, *_JOINTS, "not")


def _is_operand(token: _Token) -> bool:
    return token.kind != "sign" and not _takes_more(token)


def _missing(token: _Token) -> str:
    return "a condition" if token.text in (*_JOINTS, "not") else "a value"
