"""From the name of a model to its inventory, with a framework of which nothing is known but its backend."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from paramrules import registry
from paramrules.diagnostics import RulesError, render
from paramrules.inventories import UNKNOWN_OWNER, Columns, Inventory
from paramrules.named_models import inventory_of, read_model_name

NETS = """\
    from dataclasses import dataclass

    @dataclass
    class Net:
        names: "list[str]"

        def __init__(self, *names: str, prefix: str = "") -> None:
            self.names = [prefix + name for name in names]

        @classmethod
        def small(cls) -> "Net":
            return cls("a")

    net = Net("a.weight", "a.bias")
    number = 3

    def make() -> Net:
        print("making it")
        return Net("made")

    def nothing() -> None:
        pass

    def needs(dim: int, *rest: int, depth: int, heads: int = 2) -> Net:
        return Net("x")

    def breaks() -> Net:
        raise ValueError("no good.\\nsecond line")

    def breaks_inside_a_library() -> Net:
        import json
        return json.loads("{")

    def ends() -> Net:
        raise SystemExit(3)

    def interrupted() -> Net:
        raise KeyboardInterrupt

    def loose(dim: int, **more: int) -> Net:
        return Net("x")
"""

TWICE = "multiple values for argument 'dim'"
RELATIVE = "attempted relative import with no known parent package"
JSON = "Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"


class Backend(registry.Backend):
    """Knows what is called `Net`."""

    name = "nets"
    frameworks = ("sys",)
    keywords: frozenset[str] = frozenset()
    built = 0

    def recognises(self, model: object) -> bool:
        return type(model).__name__ == "Net"

    def inventory(self, model: object) -> Inventory:
        names = model.names  # type: ignore[attr-defined]
        return Inventory("nets", names, [UNKNOWN_OWNER] * len(names), Columns())

    def build_abstract(self, make: Callable[[], object]) -> object:
        self.built += 1
        return make()


@pytest.fixture(autouse=True)
def backend(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Backend]:
    """The one backend, in a folder with `nets.py` and a package."""
    (tmp_path / "nets.py").write_text(dedent(NETS))
    package = tmp_path / "package"
    package.mkdir()
    (tmp_path / "empty").mkdir()
    (package / "__init__.py").write_text("")
    (package / "nets.py").write_text(dedent(NETS))
    (package / "empty.py").write_text("import json\nfrom os import path\nnumber = 3\n")
    (package / "relative.py").write_text("from . import nets\n")
    (package / "broken.py").write_text("import sys\n\nimport nothing\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "nets", raising=False)  # other tests import files of this name too
    before, path = set(sys.modules), sys.path[:]
    backend = Backend()
    monkeypatch.setattr(registry, "loaded", lambda: iter([backend]))
    yield backend
    assert sys.path == path
    for module in set(sys.modules) - before:
        del sys.modules[module]


def names(text: str) -> list[str]:
    return list(inventory_of(read_model_name(text)).names)


def failure(text: str) -> str:
    with pytest.raises(RulesError) as raised:
        names(text)
    (diagnostic,) = raised.value.diagnostics
    return render(diagnostic)


def shown(text: str) -> str:
    return dedent(text).strip("\n")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nets.py:net", ["a.weight", "a.bias"]),
        ("nets.py:make", ["made"]),
        ("nets.py:Net", []),
        ("nets.py:Net.small", ["a"]),
        ("nets.py:Net('a', 'b', prefix='p.')", ["p.a", "p.b"]),
        ("nets.py:make()", ["made"]),
        ("nets:net", ["a.weight", "a.bias"]),
        ("package.nets:make", ["made"]),
        ("./package/nets.py:make", ["made"]),
    ],
)
def test_models_are_found_and_made(text: str, expected: list[str]) -> None:
    assert names(text) == expected


def test_a_model_that_is_there_is_not_built(backend: Backend) -> None:
    names("nets.py:net")
    assert backend.built == 0
    names("nets.py:make")
    assert backend.built == 1


def test_what_the_code_prints_is_not_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    names("nets.py:make")
    assert capsys.readouterr() == ("", "making it\n")


def test_a_module_of_the_same_name_stays() -> None:
    Path("json.py").write_text((Path("nets.py")).read_text())
    json = sys.modules["json"]
    assert names("json.py:make") == ["made"]
    assert sys.modules["json"] is json


def test_a_file_that_cannot_be_imported_leaves_nothing_behind() -> None:
    Path("half.py").write_text("1 / 0\n")
    assert failure("half.py:net") == shown("""
        error[E701]: importing `half.py` failed: ZeroDivisionError: division by zero
          --> half.py:1:1
           |
         1 | 1 / 0
           | ^^^^^
           = help: `--traceback` shows the full traceback
    """)
    assert "half" not in sys.modules


def test_neither_does_one_whose_name_is_taken() -> None:
    Path("json.py").write_text("1 / 0\n")
    failure("json.py:net")
    assert "json" in sys.modules


def test_a_builtin_without_a_signature_is_called() -> None:
    Path("nets.py").write_text("class Net(dict):\n    names = ['a']\n\nbuiltin = dict\n")
    assert failure("nets.py:builtin({'a': 1})") == shown("""
        error[E702]: `nets.py:builtin({'a': 1})` returns a `dict`, which is not a model
          = help: it has to return a module or a tree of arrays
    """)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "nest.py:net",
            """
            error[E701]: there is no file `nest.py`
              = help: did you mean `nets.py`?
            """,
        ),
        (
            "elsewhere/nest.py:net",
            """
            error[E701]: there is no file `elsewhere/nest.py`
              = help: there is no folder `elsewhere`
            """,
        ),
        (
            f"{'n' * 300}/nest.py:net",
            f"""
            error[E701]: there is no file `{"n" * 300}/nest.py`
              = help: there is no folder `{"n" * 300}`
            """,
        ),
        (
            f"{'n' * 300}.py:net",
            f"""
            error[E701]: there is no file `{"n" * 300}.py`
              = help: the current folder has `nets.py`
            """,
        ),
        (
            "empty/nest.py:net",
            """
            error[E701]: there is no file `empty/nest.py`
              = help: `empty` has no Python files
            """,
        ),
        (
            "netss:net",
            """
            error[E701]: there is no module `netss`
              = help: did you mean `nets`?
            """,
        ),
        (
            "qqqqzzzz:net",
            f"""
            error[E701]: there is no module `qqqqzzzz`
              = help: is it installed for `{sys.executable}`?
            """,
        ),
        (
            "package.nest:net",
            """
            error[E701]: there is no module `nest` in `package`
              = help: did you mean `nets`?
            """,
        ),
        ("nets.deeper:net", "error[E701]: there is no module `deeper` in `nets`"),
        (
            "package/nets:net",
            """
            error[E701]: `package/nets` is not the name of a module
              = help: did you mean `package/nets.py:...`?
            """,
        ),
        (
            "nets.py::net",
            """
            error[E701]: `nets.py:` is not the name of a module
              = help: did you mean `nets.py:...`?
            """,
        ),
        (
            "package/nest:net",
            """
            error[E701]: `package/nest` is not the name of a module
              = help: write `package.module:NAME`
            """,
        ),
        (
            "nets.py:nett",
            """
            error[E701]: `nets.py` has no `nett`
              = help: did you mean `net`?
            """,
        ),
        (
            "nets.py:ent",
            """
            error[E701]: `nets.py` has no `ent`
              = help: did you mean `Net`?
            """,
        ),
        (
            "nets.py:vit",
            """
            error[E701]: `nets.py` has no `vit`
              = help: it has `Net`, `net`, `make`, `nothing`, `needs`, `breaks`, `breaks_inside_a_library`, \
`ends`, `interrupted` and `loose`
            """,
        ),
        (
            "package.empty:vit",
            """
            error[E701]: `package.empty` has no `vit`
              = help: it defines no model, and no function or class
            """,
        ),
        (
            "nets.py:net.vit",
            """
            error[E701]: `nets.py.net` has no `vit`
            """,
        ),
        (
            "nets:Net.smal",
            """
            error[E701]: `nets.Net` has no `smal`
              = help: did you mean `small`?
            """,
        ),
        (
            "package.broken:net",
            """
            error[E701]: importing `package.broken` failed: ModuleNotFoundError: No module named 'nothing'
              --> package/broken.py:3:1
               |
             3 | import nothing
               | ^^^^^^^^^^^^^^
               = help: `--traceback` shows the full traceback
            """,
        ),
        (
            "package/relative.py:net",
            f"""
            error[E701]: importing `package/relative.py` failed: ImportError: {RELATIVE}
              --> package/relative.py:1:1
               |
             1 | from . import nets
               | ^^^^^^^^^^^^^^^^^^
               = help: name a file of a package by its module: `package.module:NAME`
            """,
        ),
        (
            "nets.py:number",
            """
            error[E702]: `nets.py:number` is an `int`, which is not a model
              = help: name a module, a tree of arrays, or a function that returns one
            """,
        ),
        (
            "nets.py:nothing",
            """
            error[E702]: `nets.py:nothing` returns a `NoneType`, which is not a model
              = help: it has to return a module or a tree of arrays
            """,
        ),
        (
            "nets.py:needs",
            """
            error[E702]: `nets.py:needs` cannot be called like that: missing a required argument: 'dim'
              = help: write its arguments after it: `nets.py:needs(dim, depth)`
            """,
        ),
        (
            "nets.py:needs(1, dim=2)",
            f"""
            error[E702]: `nets.py:needs(1, dim=2)` cannot be called like that: {TWICE}
              = help: write its arguments after it: `nets.py:needs(dim, depth)`
            """,
        ),
        (
            "nets.py:needs(1, dept=2)",
            """
            error[E702]: `nets.py:needs(1, dept=2)` cannot be called like that: missing a required argument: 'depth'
              = help: did you mean `depth`?
            """,  # noqa: E501 - messages are not cut off
        ),
        (
            "nets.py:needs(1, depth=2, wide=3)",
            """
            error[E702]: `nets.py:needs(1, depth=2, wide=3)` cannot be called like that: got an unexpected keyword argument 'wide'
              = help: it takes `dim`, `depth` and `heads`
            """,  # noqa: E501 - messages are not cut off
        ),
        (
            "nets.py:make(wide=3)",
            """
            error[E702]: `nets.py:make(wide=3)` cannot be called like that: got an unexpected keyword argument 'wide'
              = help: it takes no arguments by name
            """,  # noqa: E501 - messages are not cut off
        ),
        (
            "nets.py:loose(wide=3)",
            """
            error[E702]: `nets.py:loose(wide=3)` cannot be called like that: missing a required argument: 'dim'
              = help: write its arguments after it: `nets.py:loose(dim)`
            """,  # noqa: E501 - messages are not cut off
        ),
        (
            "nets.py:breaks",
            """
            error[E702]: building `nets.py:breaks` failed: ValueError: no good
               --> nets.py:28:5
                |
             28 |     raise ValueError("no good.\\nsecond line")
                |     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
                = help: `--traceback` shows the full traceback
            """,
        ),
        (
            "nets.py:ends",
            """
            error[E702]: building `nets.py:ends` failed: SystemExit: 3
               --> nets.py:35:5
                |
             35 |     raise SystemExit(3)
                |     ^^^^^^^^^^^^^^^^^^^
                = help: move the work of the script under `if __name__ == "__main__":`
            """,
        ),
    ],
)
def test_each_mistake_is_said(text: str, message: str) -> None:
    assert failure(text) == shown(message)


ODD_ERRORS = """\
class Mute(Exception):
    def __str__(self):
        raise self

def mute():
    raise Mute

def of_a_group():
    raise BaseExceptionGroup("several", [SystemExit(1)])

def stops():
    raise GeneratorExit

def says_bytes():
    raise SyntaxError("bad", (b"odd.py", 1, 1, "def"))

def says_no_line():
    raise SyntaxError("bad", ("odd.py", 0, 1, "def"))
"""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mute", "Mute"),
        ("of_a_group", "BaseExceptionGroup: several (1 sub-exception)"),
        ("stops", "GeneratorExit"),
        ("says_bytes", "SyntaxError: bad (line 1)"),
        ("says_no_line", "SyntaxError: bad (odd.py, line 0)"),
    ],
)
def test_errors_that_are_odd_themselves(name: str, said: str) -> None:
    Path("odd.py").write_text(ODD_ERRORS)
    assert failure(f"odd.py:{name}").startswith(f"error[E702]: building `odd.py:{name}` failed: {said}\n")


@pytest.mark.parametrize("name", ["<string>", "a\\0b", "x" * 5000, "loop", "folder"])
def test_code_may_have_any_file_name(name: str) -> None:
    Path("loop").symlink_to("loop")
    Path("folder").mkdir()
    Path("odd.py").write_text(f"def make():\n    exec(compile('1 / 0', '{name}', 'exec'))\n")
    message = failure("odd.py:make")
    reason = "ValueError: " if "0b" in name else "ZeroDivisionError: division by zero\n  --> odd.py:2:5\n"
    assert message.startswith(f"error[E702]: building `odd.py:make` failed: {reason}")


def test_a_syntax_error_shows_its_line() -> None:
    Path("typo.py").write_text("net = 1\ndef make(:\n    pass\n")
    assert failure("typo.py:net") == shown("""
        error[E701]: importing `typo.py` failed: SyntaxError: invalid syntax (typo.py, line 2)
          --> typo.py:2:1
           |
         2 | def make(:
           | ^^^^^^^^^^
           = help: `--traceback` shows the full traceback
    """)


def test_an_attribute_that_fails_is_blamed_too() -> None:
    Path("lazy.py").write_text("def __getattr__(name):\n    raise RuntimeError(name)\n")
    assert failure("lazy.py:net") == shown("""
        error[E701]: looking up `net` in `lazy.py` failed: RuntimeError: net
          --> lazy.py:2:5
           |
         2 |     raise RuntimeError(name)
           |     ^^^^^^^^^^^^^^^^^^^^^^^^
           = help: `--traceback` shows the full traceback
    """)


def test_code_without_a_file_has_no_place() -> None:
    Path("made.py").write_text(
        "def make():\n    exec('raise ValueError')\n\ndef outside():\n    import elsewhere\n"
    )
    assert failure("made.py:make") == shown("""
        error[E702]: building `made.py:make` failed: ValueError
          --> made.py:2:5
           |
         2 |     exec('raise ValueError')
           |     ^^^^^^^^^^^^^^^^^^^^^^^^
           = help: `--traceback` shows the full traceback
    """)


def test_a_file_elsewhere_is_shown_by_its_whole_path(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("other") / "broken.py"
    path.write_text("raise ValueError\n")
    assert failure(f"{path}:net") == shown(f"""
        error[E701]: importing `{path}` failed: ValueError
          --> {path}:1:1
           |
         1 | raise ValueError
           | ^^^^^^^^^^^^^^^^
           = help: `--traceback` shows the full traceback
    """)


def test_the_users_line_is_shown_not_the_librarys() -> None:
    assert failure("nets.py:breaks_inside_a_library") == shown(f"""
        error[E702]: building `nets.py:breaks_inside_a_library` failed: JSONDecodeError: {JSON}
           --> nets.py:32:5
            |
         32 |     return json.loads("{{")
            |     ^^^^^^^^^^^^^^^^^^^^^^
            = help: `--traceback` shows the full traceback
    """)


def test_a_mistake_in_the_arguments_of_a_library_has_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "loaded", lambda: iter(()))
    assert failure("json:loads('{')") == shown(f"""
        error[E702]: building `json:loads('{{')` failed: JSONDecodeError: {JSON}
          = help: `--traceback` shows the full traceback
    """)


def test_an_interruption_is_not_a_finding() -> None:
    with pytest.raises(KeyboardInterrupt):
        names("nets.py:interrupted")


def test_what_is_wrong_with_the_model_itself_is_said_as_it_is() -> None:
    Path("nets.py").write_text(
        "from paramrules import Diagnostic, RulesError\n\n"
        "def make():\n    raise RulesError(Diagnostic('E504', 'no backend knows it'))\n"
    )
    assert failure("nets.py:make") == "error[E504]: no backend knows it"
