"""Diagnostics of the models that a project's settings name."""

import json
import os
import sys
from pathlib import Path
from threading import Event

import pytest
from lsp_editor import Editor
from lsprotocol import types

from paramrules.language_server import document as document_module
from paramrules.language_server import publishing
from paramrules.language_server.models import CACHE, REBUILD, ModelOf
from paramrules.projects import find_project

RULES = "no_decay: type(LayerNorm) or role == bias\nembedding: type(Embeding)\ndecay: else\n"
SETTINGS = '[[targets]]\nrules = "net.rules"\nmodels = [{models}]\n{more}'


TESTS = Path(__file__).parents[1]


def at(line: int, start: int, end: int) -> types.Range:
    return types.Range(types.Position(line, start), types.Position(line, end))


def settings(folder: Path, models: str, more: str = "") -> None:
    (folder / "paramrules.toml").write_text(SETTINGS.format(models=models, more=more))


def rules(folder: Path, text: str = RULES) -> Path:
    (folder / "net.rules").write_text(text)
    return folder / "net.rules"


def test_a_saved_model_is_looked_at(editor: Editor, project: Path) -> None:
    uri = editor.open(rules(project))
    assert [(each.code, each.range.start, each.message) for each in editor.diagnostics(uri)] == [
        (
            "W203",
            types.Position(1, 16),
            "no module of the model is an `Embeding`\nthis alternative holds for nothing\n"
            "help: did you mean `Embedding`?",
        ),
        (
            "W201",
            types.Position(1, 0),
            "the rule `embedding` takes no parameter of the model\nits predicate holds for nothing\n"
            "help: if that is intended, write `embedding?:`",
        ),
    ]
    assert editor.change(uri, RULES.replace("Embeding", "Embedding")) == []


def test_errors_of_the_file_come_before_the_model(editor: Editor, project: Path) -> None:
    uri = editor.open(rules(project, RULES + "nope: also\n"))
    assert {code for code, _ in editor.found(uri)} == {"E301", "E309"}


def test_the_settings_say_options_strictness_and_severities(editor: Editor, project: Path) -> None:
    more = 'options = { width = "a" }\nstrict = true\n[severity]\nW327 = "off"\n'
    settings(project, '"net.json"', more)
    text = "option width = 4\nno_decay: ndim <= 1\nwide: size > width and role == embedding\nrest: else\n"
    uri = editor.open(rules(project, text))
    (found,) = editor.diagnostics(uri)
    assert (found.code, found.range.start, found.message) == (
        "E213",
        types.Position(0, 0),
        "in `paramrules.toml`, line 4: option `width` is a number, not 'a'\n"
        "help: write a number, as in `width = 0.75`",
    )
    settings(project, '"net.json"', more.replace('"a"', "5"))
    editor.published.clear()
    editor.save(uri)
    editor.until(lambda: uri in editor.published)
    assert [each.message for each in editor.diagnostics(uri)] == []


def test_what_one_of_several_models_shows_names_it(editor: Editor, project: Path) -> None:
    data = json.loads((project / "net.json").read_text())
    for row in data["parameters"]:
        row["role"] = "other"
    (project / "small.json").write_text(json.dumps(data))
    settings(project, '"net.json", "small.json"')
    uri = editor.open(rules(project, "a: type(Nope)\nb: role == bias\nc: else\n"))
    assert [each.message.partition("\n")[0] for each in editor.diagnostics(uri)] == [
        "no module of the model is a `Nope`",
        "the rule `a` takes no parameter of the model",
        "the rule `b` takes no parameter of the model (on `small.json`)",
    ]


def test_what_one_of_two_targets_of_a_model_shows_names_its_options(editor: Editor, project: Path) -> None:
    settings(
        project,
        '"net.json"',
        '[[targets]]\nrules = "net.rules"\nmodels = ["net.json"]\noptions = { most = 0 }\n',
    )
    uri = editor.open(rules(project, "option most = 1\na: ndim <= most\nb: else\n"))
    assert [each.message.partition("\n")[0] for each in editor.diagnostics(uri)] == [
        "the rule `a` takes no parameter of the model (on `net.json (most = 0)`)",
    ]


def test_a_missing_inventory_stands_on_the_first_line(editor: Editor, project: Path) -> None:
    settings(project, '"none.json"')
    uri = editor.open(rules(project))
    (found,) = editor.diagnostics(uri)
    assert (found.code, found.message, found.range) == (
        "E505",
        f"`{project / 'none.json'}` cannot be read as an inventory: it does not exist\n"
        "help: did you mean `net.json`?",
        at(0, 0, 41),
    )


def test_a_broken_inventory_too(editor: Editor, project: Path) -> None:
    (project / "net.json").write_text("{}")
    uri = editor.open(rules(project))
    (found,) = editor.diagnostics(uri)
    assert (found.code, found.message) == (
        "E505",
        f"`{project / 'net.json'}` cannot be read as an inventory: it has no "
        "`paramrules_inventory`, which holds the version\n"
        "help: `paramrules inventory MODEL -o FILE` saves one",
    )


def test_broken_settings_are_shown_in_their_file(editor: Editor, project: Path) -> None:
    settings(project, '"net.json"', "nope = 1\n")
    uri = editor.open(rules(project))
    where = (project / "paramrules.toml").as_uri()
    assert editor.diagnostics(uri) == []
    (found,) = editor.diagnostics(where)
    assert (found.code, found.range, found.message) == (
        "E932",
        at(3, 0, 4),
        "`nope` is not a key of a target\nhelp: its keys: `rules`, `models`, `options`, `inputs`, `stacked`, "
        "`vocabulary`, `mapping`, `strict`",
    )
    editor.open(project / "other.rules", "a: ndim <= 1\n")
    settings(project, '"net.json"')
    editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([]))
    editor.until(lambda: bool(editor.diagnostics(uri)))
    assert editor.diagnostics(where) == []


def test_settings_that_hold_for_several_folders_are_wrong_once(editor: Editor, project: Path) -> None:
    settings(project, '"net.json"', "nope = 1\n")
    (project / "below").mkdir()
    for name in ("a.rules", "below/c.rules"):
        editor.open(project / name, "a: ndim <= 1\n")
    where = (project / "paramrules.toml").as_uri()
    assert editor.found(where) == [("E932", "3:0")]
    assert [each.uri for each in editor.history].count(where) == 1


def test_settings_that_cannot_be_read_are_a_message(editor: Editor, project: Path) -> None:
    (project / "paramrules.toml").write_bytes(b"\xff")
    (project / "below").mkdir()
    for name in ("a.rules", "b.rules", "below/c.rules"):
        uri = editor.open(project / name, "a: nope\n")
        assert editor.found(uri) == [("E301", "0:3")]
    assert editor.messages == ["E931: `paramrules.toml` cannot be read: it is not UTF-8"]


def test_a_slow_model_does_not_hold_back_the_file(
    editor: Editor, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first answer comes without the model; one for a text that has changed since never comes."""
    uri = editor.open(rules(project, "a: ndim <= 1\n"))
    go, real = Event(), document_module.examine

    def slow(*arguments: object, **named: object) -> object:
        assert go.wait(60)
        return real(*arguments, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(document_module, "examine", slow)
    monkeypatch.setattr(publishing, "_PATIENCE", 0.001)
    history = len(editor.history)
    for _ in range(3):
        assert editor.change(uri, RULES) == []
    go.set()
    editor.until(lambda: bool(editor.diagnostics(uri)))
    assert [each.version for each in editor.history[history:]] == [2, 3, 4, 4]


def rebuild(editor: Editor, uri: str) -> object:
    command = types.ExecuteCommandParams(REBUILD, [uri])
    return editor.wait(editor.client.workspace_execute_command_async(command))


def test_a_model_in_code_is_built_when_asked(
    editor: Editor, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(TESTS))
    settings(project, '"net.py:make", "net.json"')
    uri = editor.open(rules(project, "no_decay: role == bias\ndecay: else\n"))
    (found,) = editor.diagnostics(uri)
    assert (found.code, found.severity, found.message) == (
        "N981",
        types.DiagnosticSeverity.Information,
        "`net.py:make` is not built yet, so nothing is known of its parameters here\n"
        "help: run the command `paramrules.rebuildInventory`: it runs the model's code",
    )
    for line, wanted in ((0, [("Build the models of this file", REBUILD, (uri,))]), (1, [])):
        params = types.CodeActionParams(
            types.TextDocumentIdentifier(uri), at(line, 0, 0), types.CodeActionContext([])
        )
        actions = editor.wait(editor.client.text_document_code_action_async(params)) or ()
        commands = [each for each in actions if isinstance(each, types.Command)]
        assert [(each.title, each.command, each.arguments) for each in commands] == wanted
    assert (rebuild(editor, uri), editor.messages) == (1, [])
    editor.until(lambda: editor.diagnostics(uri) == [])
    assert (project / CACHE / ".gitignore").read_text() == "*\n"
    assert "support" in sys.modules  # of this process, which nevertheless has built nothing
    os.utime(project / "net.py", (2e9, 2e9))
    editor.save(uri)
    editor.until(lambda: editor.diagnostics(uri) != [])
    assert [each.message for each in editor.diagnostics(uri)] == [
        "`net.py` has changed since `net.py:make` was built\n"
        "help: run the command `paramrules.rebuildInventory`"
    ]


def test_a_model_that_cannot_be_built_is_a_message(editor: Editor, project: Path) -> None:
    (project / "broken.py").write_text("import os\nos._exit(3)\n")
    (project / "plain.py").write_text("model = 1\n")
    settings(project, '"plain.py:model", "broken.py:model"')
    uri = editor.open(rules(project))
    assert rebuild(editor, uri) == 0
    assert editor.messages == [
        "E983: `plain.py:model` cannot be built: `plain.py:model` is an `int`, which is not a model",
        "E983: `broken.py:model` cannot be built: exit code 3",
    ]
    (project / CACHE / ".gitignore").unlink()
    (project / CACHE).rmdir()
    (project / CACHE).write_text("")
    assert rebuild(editor, uri) == 0
    reason = f"the folder `{project / CACHE}` cannot be made: file exists"
    assert editor.messages[2:] == [
        f"E983: `plain.py:model` cannot be built: {reason}",
        f"E983: `broken.py:model` cannot be built: {reason}",
    ]


def test_the_arguments_of_a_build_are_those_of_the_settings(project: Path) -> None:
    (project / "words.toml").write_text("")
    more = 'inputs = ["(1, 2)", "train=False"]\nstacked = { layers = 1 }\nvocabulary = ["words.toml"]\n'
    settings(project, '"net.py:make"', more)
    rules(project)
    found = find_project(project)
    assert found is not None
    (target,) = found.targets
    (name,) = target.models.names
    assert ModelOf(target, name).arguments == [
        *("net.py:make", "--input", "float32[1,2]", "--input", "train=False", "--stacked", "layers=1"),
        *("--vocabulary", str(project / "words.toml")),
    ]
