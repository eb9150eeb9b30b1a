"""The hash of code: what a program means, followed through its imports."""

from pathlib import Path

import pytest
from steadyhand import code, stages
from steadyhand.code import Stage

ROOT = Path(__file__).parent.parent
SCRIPTS = ROOT / "workflow/scripts"

FILES = {
    "steadyhand/__init__.py": "__version__ = '1'\n",
    "steadyhand/a.py": "from steadyhand.b import g\n\ndef f(x):\n    return g(x) + 1\n",
    "steadyhand/b.py": "def g(x):\n    return 2 * x\n",
    "steadyhand/unused.py": "z = 1\n",
    "steadyhand/typed.py": "z = 1\n",
    "steadyhand/config.py": "z = 1\n",
    "steadyhand/pack/__init__.py": "",
    "steadyhand/pack/one.py": "z = 1\n",
    "steadyhand/pack/two.py": "z = 1\n",
    "script.py": "from steadyhand.a import f\nf(3)\n",
}


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A package of a few modules; gives a function that edits it and returns the stage."""
    monkeypatch.setattr(code, "PACKAGE_FOLDER", tmp_path / "steadyhand")

    def stage(**edits) -> Stage:
        for name, text in {**FILES, **edits.pop("files", {})}.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        code._source.cache_clear()
        return Stage(tmp_path / "script.py")

    yield stage
    code._source.cache_clear()


def changed(project, name, text) -> bool:
    return project().sha256 != project(files={name: text}).sha256


def test_modules_are_found_by_following_imports(project):
    assert project().modules == ["steadyhand.a", "steadyhand.b"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("steadyhand/b.py", "def g(x):\n    return 3 * x\n"),
        ("steadyhand/b.py", "def g(x, y=0):\n    return 2 * x\n"),
        ("steadyhand/b.py", "def g(x):\n    return x * 2\n"),
        ("steadyhand/a.py", FILES["steadyhand/a.py"].replace("+ 1", "+ 1.0")),
        ("script.py", FILES["script.py"] + "f(4)\n"),
    ],
)
def test_meaning_counts(project, name, text):
    assert changed(project, name, text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "steadyhand/b.py",
            '"""Doc."""\n\n\ndef g(x):\n    """Twice."""\n    return (2 *\n      x)  # yes\n',
        ),
        (
            "steadyhand/b.py",
            "'A string that stands alone.'\n" + FILES["steadyhand/b.py"],
        ),
        (
            "steadyhand/b.py",
            "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from steadyhand.typed import z\n" + FILES["steadyhand/b.py"],
        ),
        ("steadyhand/unused.py", "z = 2\n"),
        ("steadyhand/__init__.py", "__version__ = '2'\n"),
        ("script.py", "# A comment.\n" + FILES["script.py"]),
    ],
)
def test_words_and_what_is_not_used_do_not_count(project, name, text):
    first = project()
    if "TYPE_CHECKING" in text:
        second = project(files={name: text})
        assert second.modules == first.modules
        third = project(files={name: text, "steadyhand/typed.py": "z = 2\n"})
        assert third.sha256 == second.sha256
    else:
        assert not changed(project, name, text)


def test_imports_inside_functions_are_followed(project):
    lazy = "def g(x):\n    from steadyhand.unused import z\n    return z * x\n"
    stage = project(files={"steadyhand/b.py": lazy})
    assert "steadyhand.unused" in stage.modules


def test_a_package_that_is_imported_as_a_whole_counts_as_a_whole(project):
    one = project(files={"script.py": "from steadyhand.pack.one import z\n"})
    assert one.modules == ["steadyhand.pack", "steadyhand.pack.one"]
    for whole in ("from steadyhand import pack\n", "from steadyhand.pack import z\n"):
        stage = project(files={"script.py": whole})
        assert stage.modules == ["steadyhand.pack", "steadyhand.pack.one", "steadyhand.pack.two"]


def test_a_template_counts_where_code_or_another_template_names_it(project):
    """Others in the same package belong to other pages."""
    here = {
        "script.py": "from steadyhand.pack.one import z\nz = 'page.html.j2'\n",
        "steadyhand/pack/page.html.j2": "<p>one</p>{% include 'part.html.j2' %}",
        "steadyhand/pack/part.html.j2": "<p>part</p>",
        "steadyhand/pack/other.html.j2": "<p>other</p>",
    }
    first = project(files=here).sha256
    for name, counts in (("page", True), ("part", True), ("other", False)):
        path = f"steadyhand/pack/{name}.html.j2"
        changed = project(files={**here, path: here[path] + "<p>two</p>"}).sha256
        assert (changed != first) == counts, name
    elsewhere = {**here, "script.py": "from steadyhand import b\nb = 'page.html.j2'\n"}
    assert (
        project(files=elsewhere).sha256
        == project(files={**elsewhere, "steadyhand/pack/page.html.j2": "<p>two</p>"}).sha256
    )


def test_studies_are_not_code_of_a_result(project):
    script = "from steadyhand.config import z\n"
    first = project(files={"script.py": script})
    second = project(files={"script.py": script, "steadyhand/config.py": "z = 2\n"})
    assert first.sha256 == second.sha256
    assert first.modules == []


def test_relative_imports_and_missing_modules_are_refused(project):
    with pytest.raises(ValueError, match="relative imports"):
        project(files={"steadyhand/a.py": "from . import b\n"})
    with pytest.raises(ValueError, match=r"no module steadyhand\.none"):
        project(files={"script.py": "import steadyhand.none\n"})


def test_every_script_is_a_stage_and_every_stage_has_a_script():
    scripts = {path.stem for path in SCRIPTS.glob("*.py")}
    assert {name.split(".")[0] for name in stages.UPSTREAM} == scripts


def test_every_type_of_figure_is_a_stage():
    from steadyhand.figures import TYPES

    kinds = {name.split(".")[1] for name in stages.UPSTREAM if "." in name}
    assert kinds == set(TYPES)


def test_stages_use_the_modules_that_one_expects():
    found = stages.stages(SCRIPTS)
    assert "steadyhand.loop" in found["train"].modules
    assert "steadyhand.loop" in found["evaluate"].modules
    assert "steadyhand.loop" not in found["measure"].modules
    assert "steadyhand.measures.of_trials" not in found["evaluate"].modules
    assert "steadyhand.linearize" not in found["fixed_points"].modules
    assert not any("figures" in module for module in found["linearize"].modules)
    for kind in ("loss_history", "eigenvalues"):
        mine = found[f"figures.{kind}"].modules
        assert f"steadyhand.figures.{kind}" in mine
        assert "steadyhand.figures.aligned_reaches" not in mine
