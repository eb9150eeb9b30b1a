"""The hash of what a stage's code means: what Snakemake cannot see of the modules it imports.

Starting from a script, the package's own imports are followed, so no list of modules is kept by
hand that could forget one. Hashed is the syntax tree without comments, docstrings, the places
where code stands, and imports made for type checkers only.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from steadyhand.store.atomic import sha256_file

PACKAGE = "steadyhand"
PACKAGE_FOLDER = Path(__file__).parent

NOT_MEANING = ("config", "errors", "interruption", "logs", "progress")
"""Modules that cannot change a result, beside the package's own first file, which holds its
version: of a study only the resolved values count, and they are in the ids; errors, logs and
progress are words."""


class Stage:
    """The modules that a script uses, and the hash of their meaning."""

    def __init__(self, script: Path, extra_modules: Iterable[str] = ()):
        self.modules = sorted(_reached([*_source(script).imports, *extra_modules]))
        meanings = [_source(script).meaning]
        meanings += [f"{it} {_source(_file_of(it)).meaning}" for it in self.modules]
        meanings += [f"{it.name} {sha256_file(it)}" for it in _templates(script, self.modules)]
        self.sha256 = hashlib.sha256("\n".join(meanings).encode()).hexdigest()


def _reached(modules: Iterable[str]) -> set[str]:
    """Modules of the package that are run when these are imported."""
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module in found or _excluded(module):
            continue
        found.add(module)
        waiting.extend(_source(_file_of(module)).imports)
        if "." in module:  # importing a submodule runs the packages above it
            waiting.append(module.rpartition(".")[0])
    return found


def _templates(script: Path, modules: Iterable[str]) -> list[Path]:
    """Templates in the packages among these modules that code, or such a template, names."""
    files = [script, *map(_file_of, modules)]
    packages = [it.parent for it in files if it.name == "__init__.py"]
    there = {path.name: path for folder in packages for path in folder.glob("*.j2")}
    waiting = {text for file in files for text in _source(file).texts & there.keys()}
    named: set[str] = set()
    while waiting - named:
        name = (waiting - named).pop()
        named.add(name)
        content = there[name].read_text(encoding="utf-8")
        waiting |= {other for other in there if other in content}
    return [there[name] for name in sorted(named)]


def _excluded(module: str) -> bool:
    parts = module.split(".")
    return len(parts) == 1 or parts[1] in NOT_MEANING


class _Source(NamedTuple):
    """What is to be known of a file, which many stages may use."""

    imports: tuple[str, ...]
    texts: frozenset[str]
    """The strings in it"""
    meaning: str
    """The hash of what it does"""


@cache
def _source(path: Path) -> _Source:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = (it.value for it in ast.walk(tree) if isinstance(it, ast.Constant))
    parts: list[str] = []
    _spell(tree, parts)
    return _Source(
        tuple(dict.fromkeys(_imports(path, tree))),
        frozenset(it for it in constants if isinstance(it, str)),
        hashlib.sha256("\0".join(parts).encode()).hexdigest(),
    )


def _imports(path: Path, tree: ast.Module) -> Iterator[str]:
    """Modules of the package that a file imports at run time, in functions too.

    `from package import name` reaches the submodule `name`, or the package with all that is in
    it where the name is not one: it may be found there by any means.
    """
    for node in _nodes(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == PACKAGE:
                    yield alias.name
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise ValueError(f"{path}: relative imports are not followed; write {PACKAGE}.…")
            if node.module and node.module.split(".")[0] == PACKAGE:
                for alias in node.names:
                    yield from _imported_from(node.module, alias.name)


def _nodes(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes that may run."""
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.If) and _for_type_checkers(child)):
            yield child
            if isinstance(child, ast.stmt | ast.excepthandler | ast.match_case):  # hold imports
                yield from _nodes(child)


def _imported_from(module: str, name: str) -> Iterator[str]:
    file = _file_of(module)
    submodule = f"{module}.{name}"
    if file.name != "__init__.py":
        yield module
    elif _find(submodule):
        yield submodule
        if _find(submodule) == _folder(submodule) / "__init__.py":
            yield from _all_within(submodule)
    else:
        yield module
        if module != PACKAGE:
            yield from _all_within(module)


def _all_within(package: str) -> Iterator[str]:
    for path in sorted(_folder(package).rglob("*.py")):
        parts = path.relative_to(PACKAGE_FOLDER.parent).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _folder(module: str) -> Path:
    return PACKAGE_FOLDER.parent.joinpath(*module.split("."))


def _find(module: str) -> Path | None:
    for path in (_folder(module).with_suffix(".py"), _folder(module) / "__init__.py"):
        if path.is_file():
            return path
    return None


def _file_of(module: str) -> Path:
    path = _find(module)
    if path is None:
        raise ValueError(f"no module {module} in {PACKAGE_FOLDER}")
    return path


def _spell(node: object, parts: list[str]) -> None:
    """Write a syntax tree down, with neither places nor what is empty.

    Fields that one version of Python has and another has not are empty where they are not used,
    so a program has one spelling in all of them.
    """
    if isinstance(node, list):
        parts.append("[")
        for item in node:
            if not _says_nothing(item):
                _spell(item, parts)
        parts.append("]")
    elif isinstance(node, ast.AST):
        parts.append(type(node).__name__)
        for name in node._fields:
            value = getattr(node, name, None)
            if value is not None and value != [] and name != "ctx":
                parts.append(name)
                _spell(value, parts)
        parts.append(";")
    else:
        parts.append(repr(node))


def _says_nothing(node: object) -> bool:
    """Docstrings and other strings that stand alone, and imports for type checkers only."""
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    return isinstance(node, ast.If) and _for_type_checkers(node)


def _for_type_checkers(node: ast.If) -> bool:
    test = node.test
    name = test.attr if isinstance(test, ast.Attribute) else getattr(test, "id", None)
    return name == "TYPE_CHECKING" and not node.orelse
