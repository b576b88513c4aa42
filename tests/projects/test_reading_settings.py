"""Settings, read: what they mean, each mistake in them, and the JSON schema beside the reader."""

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from paramrules.diagnostics import RulesError
from paramrules.named_models import Call, ExampleInput, ModelName
from paramrules.projects import Models, Project, Target, find_project, read_project
from paramrules.projects.schema import schema

Write = Callable[..., Path]

WHOLE = """\
[severity]
W202 = "error"
N210 = "off"
WMLX601 = "note"

[[targets]]
rules = "vit.rules"
models = ["models/vit.py:ViT", "timm:create_model('vit_tiny')", "vit.json"]
inputs = ["train=False"]
options = { rate = 0.8, head = "fc", deep = true, depth = 12 }
stacked = { layers = 1 }
vocabulary = ["norms.toml"]
mapping = "vit.map"
strict = true

[[targets]]
rules = "shared/common.rules"
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write settings into the current folder, beside the files that `WHOLE` names."""
    monkeypatch.chdir(tmp_path)
    for name in ("vit.rules", "norms.toml", "vit.map", "shared/common.rules"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")

    def written(text: str, name: str = "paramrules.toml") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return written


def under_tool(text: str) -> str:
    """The same settings in a pyproject.toml."""
    return text.replace("[[targets", "[[tool.paramrules.targets").replace("[sev", "[tool.paramrules.sev")


def test_all_that_settings_hold(write: Write, tmp_path: Path) -> None:
    project = read_project(write(WHOLE))
    assert project == Project(
        "paramrules.toml",
        (
            Target(
                "vit.rules",
                Models(
                    (
                        ModelName("models/vit.py:ViT", "models/vit.py", ("ViT",), None),
                        ModelName(
                            "timm:create_model('vit_tiny')",
                            "timm",
                            ("create_model",),
                            Call(("vit_tiny",), {}),
                            str(tmp_path),
                        ),
                        ModelName("vit.json", "vit.json", (), None),
                    ),
                    (ExampleInput("train", False),),
                    {"layers": 1},
                    ("norms.toml",),
                ),
                {"rate": 0.8, "head": "fc", "deep": True, "depth": 12},
                mapping="vit.map",
                strict=True,
            ),
            Target("shared/common.rules"),
        ),
        {"W202": "error", "N210": "off", "WMLX601": "note"},
    )
    assert project.rule_files == ("vit.rules", "shared/common.rules")


def test_pyproject_holds_the_same_under_tool(write: Write) -> None:
    own = read_project(write(WHOLE))
    other = read_project(write('[project]\nname = "net"\n' + under_tool(WHOLE), "pyproject.toml"))
    assert own is not None
    assert other is not None
    assert (other.targets, other.severity) == (own.targets, own.severity)
    assert other.file == "pyproject.toml"


def test_paths_are_relative_to_the_file_and_shown_from_here(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(WHOLE)
    (tmp_path / "shared" / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "shared" / "deep")
    (tmp_path / ".git").mkdir()
    project = find_project()
    assert project is not None
    assert project.file == "../../paramrules.toml"
    assert project.rule_files == ("../../vit.rules", "../common.rules")
    assert [name.text for name in project.targets[0].models.names] == [
        "../../models/vit.py:ViT",
        "timm:create_model('vit_tiny')",
        "../../vit.json",
    ]
    assert project.targets[0].models.vocabulary == ("../../norms.toml",)
    assert project.targets[0].mapping == "../../vit.map"


def test_the_nearest_settings_hold(write: Write, tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    assert find_project(tmp_path / "a" / "b") is None
    write("[tool.paramrules]\nseverity = {}\n", "pyproject.toml")
    write('[project]\nname = "paramrules-user"\n', "a/pyproject.toml")  # has no settings
    for name in ("pyproject.toml", "paramrules.toml", "a/paramrules.toml"):
        if name != "pyproject.toml":
            write("", name)
        found = find_project(tmp_path / "a" / "b")
        assert found is not None
        assert found.file == name


def test_outside_of_a_repository_only_the_folder_itself_is_searched(write: Write, tmp_path: Path) -> None:
    write("")
    (tmp_path / "below").mkdir()
    assert find_project(tmp_path / "below") is None
    assert find_project(tmp_path) == Project("paramrules.toml")


def test_above_the_repository_nothing_is_searched(write: Write, tmp_path: Path) -> None:
    write("")
    (tmp_path / "repository" / ".git").mkdir(parents=True)
    (tmp_path / "repository" / "below").mkdir()
    assert find_project(tmp_path / "repository" / "below") is None


@pytest.mark.parametrize(
    "text", ["", "[tool.ruff]\n", "[tool\nbroken", "tool = 3 # paramrules\n", "# paramrules"]
)
def test_a_pyproject_without_settings_says_nothing(write: Write, text: str) -> None:
    assert read_project(write(text, "pyproject.toml")) is None


def test_a_file_whose_name_the_system_refuses_does_not_exist(write: Write) -> None:
    name = "1" * 400
    with pytest.raises(RulesError) as raised:
        read_project(write(f'[[targets]]\nrules = "{name}"\n'))
    (finding,) = raised.value.diagnostics
    assert (finding.code, finding.message) == ("E934", f"`{name}` does not exist")


BROKEN = [
    (
        "targets = 3\n",
        "error[E933]: `targets` is `3` and should be a list of tables\n"
        "  --> paramrules.toml:1:1\n"
        "   |\n"
        " 1 | targets = 3\n"
        "   | ^^^^^^^\n"
        "   = help: write `[[targets]]`",
    ),
    (
        "target = 3\n",
        "error[E932]: `target` is not a key of the settings\n"
        "  --> paramrules.toml:1:1\n"
        "   |\n"
        " 1 | target = 3\n"
        "   | ^^^^^^\n"
        "   = help: did you mean `targets`?",
    ),
    (
        "line-length = 100\n",
        "error[E932]: `line-length` is not a key of the settings\n"
        "  --> paramrules.toml:1:1\n"
        "   |\n"
        " 1 | line-length = 100\n"
        "   | ^^^^^^^^^^^\n"
        "   = help: its keys: `targets`, `severity`",
    ),
    (
        '[[targets]]\nrules = "vit.rules"\nmodel = ["a.json"]\n',
        "error[E932]: `model` is not a key of a target\n"
        "  --> paramrules.toml:3:1\n"
        "   |\n"
        ' 3 | model = ["a.json"]\n'
        "   | ^^^^^\n"
        "   = help: did you mean `models`?",
    ),
    (
        '[[targets]]\nrules = "vit.rules"\nmodels = "a.json"\n',
        'error[E933]: `models` is `"a.json"` and should be a list of strings\n'
        "  --> paramrules.toml:3:1\n"
        "   |\n"
        ' 3 | models = "a.json"\n'
        "   | ^^^^^^\n"
        '   = help: write `models = ["models/vit.py:ViT"]`',
    ),
    (
        '[[targets]]\nrules = "vit.rules"\nmodels = [1]\n',
        "error[E933]: `models` holds `1` and should be a list of strings\n"
        "  --> paramrules.toml:3:1\n"
        "   |\n"
        " 3 | models = [1]\n"
        "   | ^^^^^^\n"
        '   = help: write `models = ["models/vit.py:ViT"]`',
    ),
    (
        '[[targets]]\nrules = "vit.rules"\nmodels = [{ path = "a.json" }]\n',
        "error[E933]: `models` holds a table and should be a list of strings\n"
        "  --> paramrules.toml:3:1\n"
        "   |\n"
        ' 3 | models = [{ path = "a.json" }]\n'
        "   | ^^^^^^\n"
        '   = help: write `models = ["models/vit.py:ViT"]`',
    ),
    (
        '[[targets]]\nrules = "vit.rules"\nmodels = ["vit.py"]\n',
        "error[E933]: `vit.py` does not name a model; write what is in the file, too: `vit.py:NAME`\n"
        "  --> paramrules.toml:3:1\n"
        "   |\n"
        ' 3 | models = ["vit.py"]\n'
        "   | ^^^^^^",
    ),
    (
        '[[targets]]\nrules = "vit.rules"\ninputs = ["(1, x)"]\n',
        'error[E933]: `(1, x)` is not an input; write a shape, `"(1, 224, 224, 3)"`, an array, '
        "`int32[1,128]`, or an argument by name, `train=False`\n"
        "  --> paramrules.toml:3:1\n"
        "   |\n"
        ' 3 | inputs = ["(1, x)"]\n'
        "   | ^^^^^^",
    ),
    (
        '[[targets]]\nmodels = ["a.json"]\n',
        "error[E933]: a target has no `rules`\n"
        "  --> paramrules.toml:1:3\n"
        "   |\n"
        " 1 | [[targets]]\n"
        "   |   ^^^^^^^\n"
        '   = help: write `rules = "vit.rules"`',
    ),
    (
        '[[targets]]\nrules = "vit.rules"\noptions = { rate = [0.5] }\n',
        "error[E933]: `rate` is a list and should be true or false or a number or a string\n"
        "  --> paramrules.toml:3:13\n"
        "   |\n"
        " 3 | options = { rate = [0.5] }\n"
        "   |             ^^^^\n"
        "   = help: write `options = { rate = 0.8 }`",
    ),
    (
        '[[targets]]\nrules = "vit.rules"\noptions.rate = nan\n',
        "error[E933]: `rate` is `nan`, which is not a finite number\n"
        "  --> paramrules.toml:3:1\n"
        "   |\n"
        " 3 | options.rate = nan\n"
        "   | ^^^^^^^^^^^^\n"
        "   = help: write a finite one",
    ),
    (
        '[[targets]]\nrules = "vit.rules"\nstacked = { layers = 0 }\n',
        "error[E933]: `layers` is 0 and should be at least 1\n"
        "  --> paramrules.toml:3:13\n"
        "   |\n"
        " 3 | stacked = { layers = 0 }\n"
        "   |             ^^^^^^\n"
        "   = help: write `stacked = { layers = 1 }`",
    ),
    (
        '[[targets]]\nrules = "vit.rules"\nstacked = { layers = true }\n',
        "error[E933]: `layers` is `true` and should be a whole number\n"
        "  --> paramrules.toml:3:13\n"
        "   |\n"
        " 3 | stacked = { layers = true }\n"
        "   |             ^^^^^^\n"
        "   = help: write `stacked = { layers = 1 }`",
    ),
    (
        '[[targets]]\nrules = "vit.rules"\nstrict = "yes"\n',
        'error[E933]: `strict` is `"yes"` and should be true or false\n'
        "  --> paramrules.toml:3:1\n"
        "   |\n"
        ' 3 | strict = "yes"\n'
        "   | ^^^^^^\n"
        "   = help: write `strict = true`",
    ),
    (
        'targets = [{ rules = "vit.rule" }]\n',
        "error[E934]: `vit.rule` does not exist\n"
        "  --> paramrules.toml:1:14\n"
        "   |\n"
        ' 1 | targets = [{ rules = "vit.rule" }]\n'
        "   |              ^^^^^\n"
        "   = help: did you mean `vit.rules`?",
    ),
    (
        '[[targets]]\nrules = "vit.rules"\nmapping = "lost/pairs.txt"\n',
        "error[E934]: `lost/pairs.txt` does not exist\n"
        "  --> paramrules.toml:3:1\n"
        "   |\n"
        ' 3 | mapping = "lost/pairs.txt"\n'
        "   | ^^^^^^^\n"
        "   = help: paths are relative to the folder of this file",
    ),
    *(
        (
            f"severity.W202 = {written}\n",
            f'error[E933]: `W202` is {shown} and should be one of `"error"`, `"warning"`, `"note"`, `"off"`\n'
            "  --> paramrules.toml:1:1\n"
            "   |\n"
            f" 1 | severity.W202 = {written}\n"
            "   | ^^^^^^^^^^^^^\n"
            '   = help: write `severity = { W202 = "error" }`',
        )
        for written, shown in (("[1]", "a list"), ("{ a = 1 }", "a table"), ("-5", "`-5`"))
    ),
    (
        'severity.W202 = "loud"\n',
        'error[E933]: `W202` is `"loud"` and should be one of `"error"`, `"warning"`, `"note"`, `"off"`\n'
        "  --> paramrules.toml:1:1\n"
        "   |\n"
        ' 1 | severity.W202 = "loud"\n'
        "   | ^^^^^^^^^^^^^\n"
        '   = help: write `severity = { W202 = "error" }`',
    ),
    (
        '[severity]\nW2020 = "off"\n',
        "error[E932]: there is no code `W2020`\n"
        "  --> paramrules.toml:2:1\n"
        "   |\n"
        ' 2 | W2020 = "off"\n'
        "   | ^^^^^\n"
        "   = help: did you mean `W202`?",
    ),
    (
        '[severity]\nnothing = "off"\n',
        "error[E932]: there is no code `nothing`\n"
        "  --> paramrules.toml:2:1\n"
        "   |\n"
        ' 2 | nothing = "off"\n'
        "   | ^^^^^^^\n"
        "   = help: docs/diagnostics.md lists them",
    ),
    (
        '[severity]\nE301 = "warning"\n',
        "error[E933]: `E301` is an error, and stays one\n"
        "  --> paramrules.toml:2:1\n"
        "   |\n"
        ' 2 | E301 = "warning"\n'
        "   | ^^^^\n"
        "   = help: take it out; warnings (W) and notes (N) may count as something else",
    ),
    (
        "severity = [\n",
        "error[E931]: `paramrules.toml` cannot be read: Invalid value (at end of document)\n"
        "  --> paramrules.toml:2:1\n"
        "   |\n"
        " 2 |\n"
        "   | ^\n"
        "   = help: mend the TOML",
    ),
]
"""Settings with one mistake, and what is said about it."""


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_a_mistake_is_shown_where_it_stands(write: Write, text: str, message: str) -> None:
    path = write(text)
    with pytest.raises(RulesError) as raised:
        read_project(path)
    assert str(raised.value) == "\n" + message


def test_all_mistakes_are_shown_at_once(write: Write) -> None:
    with pytest.raises(RulesError) as raised:
        read_project(write('[[targets]]\nrule = 1\nmodels = 2\n[severity]\nE1 = ""\n'))
    assert [(each.code, each.span and each.span.line) for each in raised.value.diagnostics] == [
        ("E933", 1),
        ("E932", 2),
        ("E933", 3),
        ("E933", 5),
        ("E933", 5),
    ]


def test_a_mistake_in_pyproject_is_shown_under_its_table(write: Write) -> None:
    with pytest.raises(RulesError, match=r"--> pyproject.toml:3:1\n"):
        read_project(write('[[tool.paramrules.targets]]\nrules="vit.rules"\nstrict=1\n', "pyproject.toml"))
    with pytest.raises(RulesError, match=r"--> pyproject.toml:2:1\n"):
        read_project(write("[tool]\nparamrules = 3\n", "pyproject.toml"))


def test_files_that_cannot_be_read(write: Write, tmp_path: Path) -> None:
    (tmp_path / "paramrules.toml").write_bytes(b"a = '\xff'")
    with pytest.raises(RulesError, match=r"E931.*`paramrules.toml` cannot be read: it is not UTF-8"):
        read_project("paramrules.toml")
    with pytest.raises(RulesError, match=r"E931.*`lost.toml` cannot be read: it does not exist"):
        read_project("lost.toml")
    with pytest.raises(RulesError, match=r"E931.*`shared` cannot be read: it is a directory"):
        read_project("shared")


def accepted_by_the_schema(table: Any) -> bool:
    validator = jsonschema.Draft202012Validator(schema())
    return bool(validator.is_valid(table))


def test_the_schema_is_a_schema_and_accepts_what_the_reader_accepts() -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    assert accepted_by_the_schema(tomllib.loads(WHOLE))


ONLY_THE_READER = {
    "`vit.py` does not name a model",
    "`(1, x)` is not an input",
    "is not a finite number",
    "does not exist",
    "there is no code `W2020`",
    "cannot be read",
}
"""Mistakes that no schema knows."""


@pytest.mark.parametrize(("text", "message"), BROKEN)
def test_the_schema_refuses_what_the_reader_refuses(text: str, message: str) -> None:
    if not any(part in message for part in ONLY_THE_READER):
        assert not accepted_by_the_schema(tomllib.loads(text))
    elif "cannot be read" not in message:
        assert accepted_by_the_schema(json.loads(json.dumps(tomllib.loads(text))))


def test_each_example_of_the_schema_is_right(write: Write, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    target = schema()["properties"]["targets"]["items"]["properties"]
    for name, rule in target.items():
        (example,) = rule["examples"]
        text = f"[[targets]]\n{example}\n" + ('rules = "vit.rules"\n' if name != "rules" else "")
        assert read_project(write(text)) is not None
    (example,) = schema()["properties"]["severity"]["examples"]
    assert read_project(write(f"{example}\n")) == Project("paramrules.toml", (), {"W202": "error"})


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"k{number} = 1\n" for number in range(200)),
        "[severity]\n" + "".join(f'X{number} = "error"\n' for number in range(200)),
        "".join(f'[[targets]]\nrules = "none{number}.rules"\n' for number in range(200)),
    ],
    ids=["keys", "codes", "files"],
)
def test_of_very_many_mistakes_the_first_hundred_are_shown(write: Write, text: str) -> None:
    path = write(text)
    with pytest.raises(RulesError) as raised:
        read_project(path)
    assert len(raised.value.diagnostics) == 100


@pytest.mark.parametrize("name", ["paramrule", "param-rules", "params_rules"])
def test_a_table_of_nearly_our_name_is_not_silent(write: Write, name: str) -> None:
    with pytest.raises(RulesError) as raised:
        read_project(write(f'[tool.ruff]\n[[tool.{name}.targets]]\nrules = "vit.rules"\n', "pyproject.toml"))
    (finding,) = raised.value.diagnostics
    assert (finding.code, finding.message) == ("E932", f"`tool.{name}` holds no settings of paramrules")
    assert finding.help == "did you mean `paramrules`?"
    assert finding.span is not None
    assert (finding.span.line, finding.span.text) == (2, name)


@pytest.mark.parametrize(
    "text", ["[tool.parameterized]\n", "[tool]\nparamrule = 1 # tool.param\n", "# tool.params\n"]
)
def test_a_table_of_another_tool_says_nothing(write: Write, text: str) -> None:
    assert read_project(write(text, "pyproject.toml")) is None


def test_a_renamed_rule_file_is_suggested_and_its_lock_is_not(write: Write, tmp_path: Path) -> None:
    def said() -> str:
        with pytest.raises(RulesError) as raised:
            read_project(write('[[targets]]\nrules = "one/small.rules"\n'))
        return raised.value.diagnostics[0].help

    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "small.rules.lock").write_text("")
    (tmp_path / "one" / "loop.rules").symlink_to("loop.rules")
    assert said() == "paths are relative to the folder of this file"
    (tmp_path / "one" / "transformer_blocks.rules").write_text("")
    assert said() == "did you mean `transformer_blocks.rules`?"
    (tmp_path / "one" / "embedding_groups.rules").write_text("")
    assert said() == "paths are relative to the folder of this file"
    (tmp_path / "one" / "smal.rules").write_text("")
    assert said() == "did you mean `smal.rules`?"
