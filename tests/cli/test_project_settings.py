"""Commands that take from the project's settings what was not typed, from any folder of the repository."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from support import Ran, git

SETTINGS = """\
[tool.paramrules.severity]
N210 = "off"

[[tool.paramrules.targets]]
rules = "net.rules"
models = ["net.py:model", "net.py:make(True)"]
options = { rate = 0.25 }

[[tool.paramrules.targets]]
rules = "rules/small.rules"
models = ["net.py:model"]
strict = true
"""
SMALL = "bias: role == bias -> weight_decay = 0\ngone?: name ~ lost\nrest: else\n"


@pytest.fixture
def project(folder: Path) -> Path:
    """A repository with two targets, seen from its root."""
    (folder / ".git").mkdir()
    (folder / "rules").mkdir()
    (folder / "rules" / "small.rules").write_text(SMALL)
    (folder / "pyproject.toml").write_text(SETTINGS)
    return folder


@pytest.fixture
def below(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same from a folder below."""
    monkeypatch.chdir(project / "rules")
    return project / "rules"


def heads(ran: Ran) -> list[str]:
    return [line for line in ran.out.splitlines() if ".rules on " in line]


@pytest.mark.usefixtures("project")
def test_check_reads_all_rule_files(run: Callable[..., Ran]) -> None:
    assert run("check") == (0, "2 files: no findings\n", "")
    assert json.loads(run("check", "--json").out)["files"] == ["net.rules", "rules/small.rules"]
    Path("net.rules").write_text("a: type(\n")
    assert run("check").code == 1


@pytest.mark.usefixtures("below")
def test_all_paths_are_seen_from_the_current_folder(run: Callable[..., Ran]) -> None:
    assert json.loads(run("check", "--json").out)["files"] == ["../net.rules", "small.rules"]
    assert heads(run("show")) == [
        "../net.rules on ../net.py:model: 7 tensors, 97.4k parameters (torch)",
        "../net.rules on ../net.py:make(True): 7 tensors, 97.4k parameters (torch)",
        "small.rules on ../net.py:model: 7 tensors, 97.4k parameters (torch)",
    ]
    (shown,) = json.loads(run("show", "small.rules", "--json").out)["models"]
    assert (shown["rules"], shown["model"]) == ("small.rules", "../net.py:model")


@pytest.mark.usefixtures("project")
def test_options_of_the_settings_and_of_the_command_line(run: Callable[..., Ran]) -> None:
    assert "lr_scale=0.0625" in run("show", "net.rules").out  # the default, 0.5, would give 0.25
    assert "lr_scale=0.0625" in run("show", "net.rules", "-m", "net.py:make").out
    assert "lr_scale=0.0625" not in run("show", "net.rules", "--option", "rate=1").out
    (project,) = [Path("pyproject.toml")]
    project.write_text(SETTINGS.replace("rate = 0.25", 'rate = "a"'))
    ran = run("show", "net.rules")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error[E213]: option `rate` is a number, not")


@pytest.mark.usefixtures("project")
def test_strict_and_severity(run: Callable[..., Ran]) -> None:
    assert "N210" not in run("show", "net.rules").err
    project = Path("pyproject.toml")
    project.write_text(SETTINGS.replace('"off"', '"warning"'))
    ran = run("show", "net.rules", "--option", "rate=1")
    assert "warning[N210]" in ran.err
    assert json.loads(run("test", "net.rules", "--json").out)["findings"][0]["severity"] == "warning"
    project.write_text(SETTINGS.replace('"off"', '"error"'))
    assert run("show", "net.rules").code == 1
    Path("rules/small.rules").write_text(SMALL.replace("?", ""))
    project.write_text(SETTINGS)
    ran = run("show", "rules/small.rules")
    assert (ran.code, ran.err.strip().partition(":")[0]) == (1, "error[W201]")
    project.write_text(SETTINGS.replace("strict = true", ""))
    assert "warning[W201]" in run("show", "rules/small.rules").err


@pytest.mark.usefixtures("project")
def test_test_runs_on_all_targets(run: Callable[..., Ran]) -> None:
    assert run("test").out == (
        "net.rules on net.py:model\n"
        "result  parameters  place        expectation\n"
        "pass             2  net.rules:6  expect no_decay: role == bias\n"
        'FAIL             3  net.rules:7  expect decay: leaf == "weight" and type(Linear)\n'
        "\n"
        "net.rules on net.py:make(True)\n"
        "result  parameters  place        expectation\n"
        "pass             2  net.rules:6  expect no_decay: role == bias\n"
        'FAIL             3  net.rules:7  expect decay: leaf == "weight" and type(Linear)\n'
        "\n"
        "rules/small.rules on net.py:model\n"
        "no `expect`\n"
        "2 passed, 2 failed\n"
    )
    Path("net.rules").write_text("option rate = 1\nall: else\n")
    assert run("test").out.endswith("no file has an `expect`\n")


@pytest.mark.usefixtures("project")
def test_explain_needs_neither_file_nor_model(run: Callable[..., Ran]) -> None:
    ran = run("explain", "norm.weight")
    assert heads(ran) == [
        "net.rules on net.py:model",
        "net.rules on net.py:make(True)",
        "rules/small.rules on net.py:model",
    ]
    found = json.loads(run("explain", "norm.weight", "--json").out)
    assert [(each["rules"], each["group"]) for each in found["explanations"]] == [
        ("net.rules", "no_decay/rest"),
        ("net.rules", "no_decay/rest"),
        ("rules/small.rules", "rest"),
    ]
    assert "parameter" not in found
    assert "norm.weight\n" in run("explain", "rules/small.rules", "norm.weight").out.partition("fact")[0]


@pytest.mark.usefixtures("project")
def test_explain_shows_the_targets_that_have_the_parameter(run: Callable[..., Ran]) -> None:
    Path("other.py").write_text(
        "from support import inventory_of\n"
        'model = inventory_of([{"name": "tail.weight", "owner": "nets.Net", "around": [], "shape": [2]}])\n'
    )
    Path("pyproject.toml").write_text(SETTINGS.replace('"net.py:model"]\nstrict = true', '"other.py:model"]'))
    found = json.loads(run("explain", "tail.weight", "--json").out)
    assert [(each["rules"], each["model"]) for each in found["explanations"]] == [
        ("rules/small.rules", "other.py:model")
    ]
    assert run("explain", "tail.weight").out.startswith(
        "rules/small.rules on other.py:model\n\ntail.weight\n"
    )
    ran = run("explain", "tail.weight", "lost.weight")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error[E214]: the model has no parameter `lost.weight`")


@pytest.mark.parametrize("command", ["lock", "show", "test"])
def test_a_folder_in_place_of_a_rule_file(run: Callable[..., Ran], project: Path, command: str) -> None:
    assert run(command, "rules").err.endswith(
        "Error: `rules` is a folder of rule files: name `rules/small.rules`\n"
    )
    for number in range(5):
        (project / "rules" / f"a{number}.rules").write_text(SMALL)
    assert run(command, "rules").err.endswith(
        "name `rules/a0.rules`, `rules/a1.rules`, `rules/a2.rules`, `rules/a3.rules` or `rules/a4.rules`\n"
    )
    (project / "empty").mkdir()
    ran = run(command, "empty")
    assert (ran.code, ran.err.splitlines()[-1]) == (2, "Error: `empty` is a folder without rule files")


@pytest.mark.parametrize(
    ("words", "help"),
    [
        (("explain", "q"), "`paramrules show --names` lists all names"),
        (("explain", "net.rules", "q"), "`paramrules show --names` lists all names"),
        (
            ("explain", "net.rules", "q", "-m", "net.py:model"),
            "`paramrules show FILE --model M --names` lists",
        ),
        (("test",), "`paramrules explain head.weight` says why"),
        (("test", "net.rules"), "`paramrules explain head.weight` says why"),
        (
            ("test", "net.rules", "-m", "net.py:model"),
            "`paramrules explain net.rules head.weight --model ...`",
        ),
        (("ci",), "`paramrules explain head.weight` says why"),
        (("show", "--json"), "`paramrules explain head.weight` says why"),
        (("report", "-o", "-"), "`paramrules explain head.weight` says why"),
        (
            ("report", "-m", "net.py:model", "net.rules", "-o", "-"),
            "`paramrules explain net.rules head.weight -",
        ),
    ],
)
@pytest.mark.usefixtures("project")
def test_helps_name_no_model_that_the_settings_name(
    run: Callable[..., Ran], words: tuple[str, ...], help: str
) -> None:
    ran = run(*words)
    assert help in ran.out + ran.err
    assert ("--model" in ran.out + ran.err) is ("-m" in words)


@pytest.mark.usefixtures("project")
def test_helps_name_the_revision_of_a_rule_file(run: Callable[..., Ran]) -> None:
    for words in (("init",), ("add", "-A"), ("commit", "-m", "rules")):
        git(*words)
    ran = run("test", "HEAD:net.rules")
    assert "`paramrules explain HEAD:net.rules head.weight --model ...` says why" in ran.err


@pytest.mark.usefixtures("project")
def test_the_command_that_a_help_names_explains(run: Callable[..., Ran]) -> None:
    assert "failed" in run("explain", "head.weight").out


@pytest.mark.usefixtures("project")
def test_parity_compares_the_models_of_each_target(run: Callable[..., Ran]) -> None:
    ran = run("parity")
    assert ran.code == 0
    assert heads(ran) == [
        "A: net.rules on net.py:model: 7 tensors, 97.4k parameters (torch)",
        "B: net.rules on net.py:make(True): 7 tensors, 97.4k parameters (torch)",
    ]
    project = Path("pyproject.toml")
    project.write_text(SETTINGS.replace('"net.py:make(True)"]', '"net.py:make(True)", "net.json"]'))
    assert run("inventory", "net.py:model", "-o", "net.json").code == 0
    ran = run("parity")
    assert (ran.code, ran.out.splitlines()[-1]) == (0, "2 comparisons: none with differences")
    assert ran.out.count("the same groups on both models\n") == 2
    found = json.loads(run("parity", "--json").out)
    assert [each["models"][1]["model"] for each in found["comparisons"]] == ["net.py:make(True)", "net.json"]
    assert found["same"] is True
    ran = run("parity", "--write-mapping", "pairs.map")
    assert ran.err.endswith("Error: a mapping is for two models: name the rule file, and `--model` twice\n")
    assert not Path("pairs.map").exists()


@pytest.mark.usefixtures("project")
def test_parity_reads_the_mapping_of_a_target(run: Callable[..., Ran]) -> None:
    settings = SETTINGS.replace("options =", 'mapping = "pairs.map"\noptions =')
    Path("pyproject.toml").write_text(settings)
    Path("pairs.map").write_text("norm.weight = lost.weight\n")
    ran = run("parity")
    assert (ran.code, ran.err.partition(":")[0]) == (2, "error[E804]")


@pytest.mark.usefixtures("project")
def test_modules_are_found_beside_the_settings(below: Path, run: Callable[..., Ran]) -> None:
    (below.parent / "pyproject.toml").write_text(SETTINGS.replace("net.py:", "net_beside_settings:"))
    (below.parent / "net_beside_settings.py").write_text((below.parent / "net.py").read_text())
    assert heads(run("show", "small.rules")) == [
        "small.rules on net_beside_settings:model: 7 tensors, 97.4k parameters (torch)"
    ]


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    "words", [("check", "net.rules"), ("show",), ("inventory", "net.py:model", "-o", "x")]
)
def test_settings_with_a_mistake_stop_every_command(run: Callable[..., Ran], words: tuple[str, ...]) -> None:
    Path("pyproject.toml").write_text(SETTINGS.replace("models =", "modls =", 1))
    ran = run(*words)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == (
        "error[E932]: `modls` is not a key of a target\n"
        "  --> pyproject.toml:6:1\n"
        "   |\n"
        ' 6 | modls = ["net.py:model", "net.py:make(True)"]\n'
        "   | ^^^^^\n"
        "   = help: did you mean `models`?\n\n"
    )


def test_settings_without_rule_files(folder: Path, run: Callable[..., Ran]) -> None:
    (folder / "paramrules.toml").write_text("")
    assert run("check").err.endswith(
        "Error: `paramrules.toml` names no rule file: write `[[targets]]`, or name one\n"
    )
    assert run("show").err.endswith(
        "Error: `paramrules.toml` has no target with `models`: add one, or name a rule file and a model\n"
    )


def test_options_of_the_settings_that_do_not_fit_are_shown_there(
    run: Callable[..., Ran], project: Path
) -> None:
    (project / "flag.rules").write_text("option flag = true\noption word = 'x'\nrest: else\n")
    (project / "paramrules.toml").write_text(
        '[[targets]]\nrules = "net.rules"\nmodels = ["net.py:model"]\noptions = { rate = "high", rte = 1 }\n'
        '[[targets]]\nrules = "flag.rules"\nmodels = ["net.py:model"]\noptions = { flag = 1, word = 2 }\n'
    )
    assert run("show", "net.rules").err == (
        "error[E213]: option `rate` is a number, not 'high'\n"
        "  --> paramrules.toml:4:13\n"
        "   |\n"
        ' 4 | options = { rate = "high", rte = 1 }\n'
        "   |             ^^^^\n"
        "  --> net.rules:1:1\n"
        "   |\n"
        " 1 | option rate = 0.5\n"
        "   | ^^^^^^^^^^^^^^^^^ the default is a number\n"
        "   = help: write a number, as in `rate = 0.75`\n\n"
        "error[E211]: `net.rules` declares no option `rte`\n"
        "  --> paramrules.toml:4:28\n"
        "   |\n"
        ' 4 | options = { rate = "high", rte = 1 }\n'
        "   |                            ^^^\n"
        "   = help: did you mean `rate`?\n\n"
    )
    said = run("show", "flag.rules").err
    assert "help: write a boolean, as in `flag = true`" in said
    assert """help: write a string, as in `word = "text"`""" in said
    typed = run("show", "net.rules", "--option", "rate=high", "--option", "rte=1")
    assert "paramrules.toml" not in typed.err  # the mistakes are on the command line
    assert "`--option rate=0.75`" in typed.err


def test_an_option_that_one_side_of_a_diff_declares_is_taken(run: Callable[..., Ran], project: Path) -> None:
    (project / "paramrules.toml").write_text(
        '[[targets]]\nrules = "b.rules"\nmodels = ["net.py:model"]\noptions.rate = 1\n'
    )
    (project / "a.rules").write_text("option rate = 0.5\nrest: else -> lr_scale = rate\n")
    (project / "b.rules").write_text("rest: else -> lr_scale = 1\n")
    assert run("diff", "a.rules", "b.rules").err == ""
    assert "--> paramrules.toml:4:1" in run("show", "b.rules").err


def test_a_model_of_the_settings_that_cannot_be_read_is_shown_there(
    run: Callable[..., Ran], project: Path
) -> None:
    (project / "paramrules.toml").write_text('[[targets]]\nrules = "net.rules"\nmodels = ["nett.py:model"]\n')
    ran = run("show")
    assert ran.code == 2
    assert ran.err.startswith("error[E701]: there is no file `nett.py`\n  --> paramrules.toml:3:1\n")
    assert "-->" not in run("show", "net.rules", "--model", "nett.py:model").err


def test_a_stack_of_the_settings_that_is_not_in_the_model_is_shown_there(
    run: Callable[..., Ran], project: Path
) -> None:
    (project / "paramrules.toml").write_text(
        '[[targets]]\nrules = "net.rules"\nmodels = ["net.py:model"]\nstacked = { layers = 1 }\n'
    )
    assert "--> paramrules.toml:4:1\n" in run("show").err
    assert "-->" not in run("show", "--stacked", "layer=1").err


@pytest.fixture
def renamed(project: Path) -> Path:
    """The same with a rule file that has another name than in the settings."""
    (project / "rules" / "small.rules").rename(project / "rules" / "little.rules")
    return project


TYPED = [
    ("check", "net.rules"),
    ("fmt", "--check", "net.rules"),
    ("show", "net.rules"),
    ("test", "net.rules", "--fail-on", "error"),
    ("explain", "net.rules", "head.weight"),
    ("lock", "net.rules"),
    ("lock", "rules/little.rules", "-m", "net.py:model"),
    ("parity", "net.rules"),
    ("report", "net.rules", "-o", "r.html"),
    ("prove", "net.rules", "net.rules"),
    ("diff", "net.rules", "net.rules"),
]
ALL = [
    ("check",),
    ("fmt", "--check"),
    ("show",),
    ("show", "-m", "net.py:model"),
    ("test",),
    ("explain", "head.weight"),
    ("lock",),
    ("lock", "--check"),
    ("parity",),
    ("report", "-o", "r.html"),
    ("diff", "--against", "main"),
    ("ci",),
]


@pytest.mark.parametrize("words", TYPED, ids=" ".join)
@pytest.mark.usefixtures("renamed")
def test_a_rule_file_that_is_gone_stops_no_command_on_others(
    run: Callable[..., Ran], words: tuple[str, ...]
) -> None:
    ran = run(*words)
    assert ran.code < 2
    assert "E934" not in ran.err


@pytest.mark.parametrize("words", ALL, ids=" ".join)
@pytest.mark.usefixtures("renamed")
def test_a_rule_file_that_is_gone_stops_commands_on_all(
    run: Callable[..., Ran], words: tuple[str, ...]
) -> None:
    ran = run(*words)
    assert ran.code == 2
    assert ran.err.startswith("error[E934]: `rules/small.rules` does not exist\n")
    assert "help: did you mean `little.rules`?" in ran.err


@pytest.mark.usefixtures("renamed")
def test_the_rule_file_that_is_gone_cannot_be_read(run: Callable[..., Ran]) -> None:
    ran = run("show", "rules/small.rules")
    assert ran.code == 2
    assert ran.err.startswith("error[E101]: `rules/small.rules` cannot be read")


def test_a_target_that_is_used_needs_its_other_files(run: Callable[..., Ran], project: Path) -> None:
    settings = project / "pyproject.toml"
    settings.write_text(SETTINGS + 'vocabulary = ["v.toml"]\n')
    assert run("show", "net.rules").code < 2
    for words in (("show", "rules/small.rules"), ("diff", "net.rules", "rules/small.rules")):
        ran = run(*words)
        assert ran.code == 2
        assert ran.err.startswith("error[E934]: `v.toml` does not exist\n   --> pyproject.toml:13:1\n")
