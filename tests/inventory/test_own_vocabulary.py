"""A model's own vocabulary: `vocabulary=` in Python, `--vocabulary` on the command line."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support import inventory_of

import paramrules
from paramrules import Inventory, RulesError
from paramrules.cli import main
from paramrules.inventories import Class, Owner
from paramrules.inventories.fans import fans
from paramrules.inventories.own_vocabulary import using
from paramrules.inventories.owner import named
from paramrules.inventories.roles import role
from paramrules.inventories.vocabulary import own_files, vocabulary
from paramrules.registry import Backend

GAIN = (
    '[families]\nRMSNorm = ["lab.UnitScale"]\n\n[[roles]]\nclasses = ["lab.UnitScale"]\nscale = ["amount"]\n'
)
MIX = '[layouts]\n"lab.Mix" = { table = "out in" }\n'
RULES = "gain: type(RMSNorm) and role == scale\nrest: else\n"
ROWS = [{"name": "norm.amount", "owner": "lab.UnitScale"}, {"name": "fc.w", "owner": "lab.Mix"}]


class Model:
    """A model of the toy backend."""


class Toy(Backend):
    name = "toy"
    frameworks = ("builtins",)

    def recognises(self, model: object) -> bool:
        return isinstance(model, Model)

    def inventory(self, model: Any, **how: Any) -> Inventory:
        inventory = inventory_of(ROWS)
        columns = inventory._columns
        columns.role = lambda: [role(o, n) for o, n in zip(columns.owners, columns.names, strict=True)]  # type: ignore[method-assign]
        return inventory


@pytest.fixture(autouse=True)
def toy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("paramrules.registry.loaded", lambda: iter([Toy()]))
    monkeypatch.chdir(tmp_path)
    Path("gain.toml").write_text(GAIN, "utf-8")
    Path("mix.toml").write_text(MIX, "utf-8")


def label(model: object, **how: Any) -> str:
    return paramrules.assign(paramrules.parse(RULES), model, **how).group_of("norm.amount").label


def test_holds_for_the_model_that_it_is_given_with() -> None:
    assert [label(Model(), vocabulary="gain.toml"), label(Model())] == ["gain", "rest"]
    own, plain = paramrules.inventory(Model(), vocabulary=Path("gain.toml")), paramrules.inventory(Model())
    assert (own["norm.amount"].role, plain["norm.amount"].role) == ("scale", "other")
    assert [label(plain), label(own)] == ["rest", "gain"]
    assert "lab.UnitScale" in own.vocabulary.families["RMSNorm"]
    assert plain.vocabulary is vocabulary()
    explained = paramrules.assign(paramrules.parse("a: type(RMSNorm)\n"), own).explain("norm.amount")
    assert str(explained).partition("<rules>:1: ")[2] == (
        "`lab.UnitScale` is a `RMSNorm`, which the vocabulary of `gain.toml` counts among them"
    )


def test_every_function_that_takes_a_model_takes_it() -> None:
    rules = paramrules.parse(RULES + "expect gain: type(RMSNorm)\n")
    assert paramrules.expectations(rules, Model(), vocabulary="gain.toml")[0].holds
    assert paramrules.examine(rules, Model(), vocabulary="gain.toml").findings == ()
    assert paramrules.parity(rules, Model(), Model(), vocabulary="gain.toml").same


def test_overrules_a_name() -> None:
    Path("own.toml").write_text('[families]\nScaleNorm = ["lab.OddRMSNorm"]\n', "utf-8")
    rules = paramrules.parse("a: type(RMSNorm)\nb: type(ScaleNorm)\n")
    with using(own_files("own.toml")):
        inventory = inventory_of([{"name": "w", "owner": "lab.OddRMSNorm"}])
    assert paramrules.assign(rules, inventory).group_of("w").label == "b"
    plain = inventory_of([{"name": "w", "owner": "lab.OddRMSNorm"}])
    assert paramrules.assign(rules, plain).group_of("w").label == "a"


def test_several_files_and_layouts() -> None:
    with using(own_files(["gain.toml", Path("mix.toml")])):
        owner, gain = Owner((Class("lab.Mix"),)), Owner((Class("lab.UnitScale"),))
    assert fans(owner, "fc.table", (3, 5)) == (5, 3)
    assert role(gain, "norm.amount") == "scale"
    assert fans(Owner((Class("lab.Mix"),)), "fc.table", (3, 5)) == (None, None)


def test_two_threads_with_two_vocabularies() -> None:
    with ThreadPoolExecutor(4) as pool:
        files = ["gain.toml", "mix.toml"] * 20
        labels = list(pool.map(lambda file: label(Model(), vocabulary=file), files))
    assert labels == ["gain", "rest"] * 20


def test_a_saved_inventory_keeps_it() -> None:
    paramrules.inventory(Model(), vocabulary=["gain.toml", "mix.toml"]).save("m.json")
    assert json.loads(Path("m.json").read_text())["vocabulary"] == [
        {
            "source": "gain.toml",
            "tables": {
                "families": {"RMSNorm": ["lab.UnitScale"]},
                "roles": [{"classes": ["lab.UnitScale"], "scale": ["amount"]}],
            },
        },
        {"source": "mix.toml", "tables": {"layouts": {"lab.Mix": {"table": "out in"}}}},
    ]
    Path("gain.toml").rename("again.toml")
    saved = Inventory.load("m.json")
    assert label(saved) == label(saved, vocabulary=["again.toml", "mix.toml"]) == "gain"
    assert saved.to_json() == Path("m.json").read_text()
    assert '"vocabulary"' not in paramrules.inventory(Model()).to_json()


@pytest.mark.parametrize(
    ("taken", "message"),
    [
        (None, "the inventory was taken without the vocabulary `gain.toml`"),
        ("mix.toml", "the inventory was taken with the vocabulary `mix.toml`, not with `gain.toml`"),
        ("gain.toml", "`gain.toml` has changed since the inventory was taken"),
    ],
)
def test_an_inventory_of_another_vocabulary(taken: str | None, message: str) -> None:
    inventory = Inventory.from_json(paramrules.inventory(Model(), vocabulary=taken).to_json())
    Path("gain.toml").write_text(GAIN.replace("amount", "gain"), "utf-8")
    with pytest.raises(RulesError) as e:
        paramrules.inventory(inventory, vocabulary="gain.toml")
    assert str(e.value) == (
        f"\nerror[E545]: {message}\n"
        "  = help: take it again from the model with this vocabulary, or give none: it keeps its own"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '# RmsNorm\n[families]\nRmsNorm = ["UnitScale"]',
            "error[E510]: the vocabulary `v.toml` cannot be read: `RmsNorm` is not how the family is "
            "spelled\n"
            "  --> v.toml:3:1\n   |\n"
            ' 3 | RmsNorm = ["UnitScale"]\n   | ^^^^^^^\n   = help: write `RMSNorm`\n\n'
            "error[E510]: the vocabulary `v.toml` cannot be read: `UnitScale` in `families.RmsNorm` does not "
            "say where the class is defined\n"
            '  --> v.toml:3:13\n   |\n 3 | RmsNorm = ["UnitScale"]\n   |             ^^^^^^^^^\n'
            "   = help: write its package or module in front, as in `acme_norms.UnitScale`",
        ),
        (
            '[families]\nRMSNorm = ["a.Gain"]\n[[roles]]\nclasses = ["Gain"]',
            "error[E510]: the vocabulary `v.toml` cannot be read: `Gain` in `roles.classes` does not say "
            "where the class is defined\n"
            '  --> v.toml:4:13\n   |\n 4 | classes = ["Gain"]\n   |             ^^^^\n'
            "   = help: write its package or module in front, as in `acme_norms.UnitScale`",
        ),
        (
            "[families]\n\nRMSNorm = 3\n",
            "error[E510]: the vocabulary `v.toml` cannot be read: `families.RMSNorm` is not a list of "
            "classes\n"
            "  --> v.toml:3:1\n   |\n 3 | RMSNorm = 3\n   | ^^^^^^^\n"
            '   = help: write a list of dotted names: `["acme_norms.UnitScale"]`',
        ),
        (
            '\n[[roles]]\nscale = ["amount"]\n',
            "error[E510]: the vocabulary `v.toml` cannot be read: `roles.classes` is not a list of classes\n"
            "  --> v.toml:2:3\n   |\n 2 | [[roles]]\n   |   ^^^^^\n"
            '   = help: write a list of dotted names: `["acme_norms.UnitScale"]`',
        ),
        (
            '# a table\n"\\u0041bc" = 1\n',
            "error[E510]: the vocabulary `v.toml` cannot be read: `Abc` is not a table of a vocabulary\n"
            "  --> v.toml:1:1\n   |\n 1 | # a table\n   | ^^^^^^^^^\n"
            "   = help: a vocabulary has `families`, `roles`, `layouts`, `roots` and `frameworks`",
        ),
        (
            "[families]\n[families]\n",
            "error[E510]: the vocabulary `v.toml` cannot be read: Cannot declare ('families',) twice "
            "(at line 2, column 10)\n"
            "  --> v.toml:2:1\n   |\n 2 | [families]\n   | ^^^^^^^^^^\n   = help: mend the TOML",
        ),
        (
            f"a = {'[' * 5000}\n#",
            "error[E510]: the vocabulary `v.toml` cannot be read: it is nested too deeply\n"
            "  = help: mend the TOML",
        ),
        (
            f"a = {'9' * 5000}",
            "error[E510]: the vocabulary `v.toml` cannot be read: it holds a number that is too large\n"
            "  = help: mend the TOML",
        ),
        (
            "[families]\nRMSNorm = [",
            "error[E510]: the vocabulary `v.toml` cannot be read: Invalid value (at end of document)\n"
            "  --> v.toml:2:1\n   |\n 2 | RMSNorm = [\n   | ^^^^^^^^^^^\n   = help: mend the TOML",
        ),
        (
            '[families]\nRMSNorm = ["torch.nn.LayerNorm"]',
            "error[E511]: `torch.nn.LayerNorm` is put into `LayerNorm` by `paramrules`, and "
            "`torch.nn.LayerNorm` into `RMSNorm` by `v.toml`\n"
            "  = help: take `torch.nn.LayerNorm` out of the vocabulary of `v.toml`",
        ),
    ],
)
def test_a_mistake_in_a_file_is_shown_where_it_stands(text: str, expected: str) -> None:
    Path("v.toml").write_text(text, "utf-8")
    with pytest.raises(RulesError) as e:
        paramrules.inventory(Model(), vocabulary="v.toml")
    assert str(e.value) == "\n" + expected


@pytest.mark.parametrize(
    ("path", "reason", "help"),
    [
        ("gian.toml", "it does not exist", "did you mean `gain.toml`?"),
        ("x.txt", "it does not exist", "name a TOML file with `[families]`, `[[roles]]` or `[layouts]`"),
        (".", "it is a directory", "name a TOML file with `[families]`, `[[roles]]` or `[layouts]`"),
        ("bin.toml", "it is not UTF-8", "name a TOML file with `[families]`, `[[roles]]` or `[layouts]`"),
        ("a" * 300, "file name too long", "name a TOML file with `[families]`, `[[roles]]` or `[layouts]`"),
    ],
)
def test_a_file_that_cannot_be_read(path: str, reason: str, help: str) -> None:
    Path("bin.toml").write_bytes(b"\xff")
    with pytest.raises(RulesError) as e:
        paramrules.inventory(Model(), vocabulary=path)
    assert (
        str(e.value) == f"\nerror[E510]: the vocabulary `{path}` cannot be read: {reason}\n  = help: {help}"
    )


def test_a_file_that_is_too_large() -> None:
    Path("large.toml").write_text("#" * (1 << 17) + "\n")
    with pytest.raises(RulesError, match=r"`large\.toml` cannot be read: it is larger than 128 KiB"):
        paramrules.inventory(Model(), vocabulary="large.toml")


@pytest.mark.parametrize("wrong", [3, b"v.toml", [3], [None], {"v.toml": 1}, {"v.toml"}])
def test_a_vocabulary_that_is_not_a_path(wrong: Any) -> None:
    with pytest.raises(TypeError) as e:
        paramrules.inventory(Model(), vocabulary=wrong)
    assert str(e.value) == (
        f'`vocabulary` is {wrong!r} and should be the path of a TOML file: `vocabulary="norms.toml"`'
    )


@pytest.mark.parametrize(
    ("vocabulary", "reason"),
    [
        (3, "`vocabulary` is `3` and should be a list"),
        ([{"source": "a"}], "`vocabulary[0].tables` is missing"),
        ([{"tables": {}}], "`vocabulary[0].source` is missing"),
        (
            [{"source": "a", "tables": {"families": {"RMSNorm": ["X"]}}}],
            "in `vocabulary[0].tables`, `X` in `families.RMSNorm` does not say where the class is defined",
        ),
    ],
)
def test_a_saved_vocabulary_that_cannot_be_one(vocabulary: Any, reason: str) -> None:
    text = json.dumps(json.loads(inventory_of(ROWS).to_json()) | {"vocabulary": vocabulary})
    with pytest.raises(RulesError) as e:
        Inventory.from_json(text)
    assert e.value.diagnostics[0].message == f"`<inventory>` cannot be read as an inventory: {reason}"


def test_on_the_command_line() -> None:
    paramrules.inventory(Model(), vocabulary="gain.toml").save("own.json")
    paramrules.inventory(Model()).save("plain.json")
    Path("a.rules").write_text(RULES, "utf-8")

    def run(*words: str) -> Any:
        return CliRunner().invoke(main, [*words])

    shown = run("show", "a.rules", "--model", "own.json", "--vocabulary", "gain.toml")
    assert (shown.exit_code, shown.stderr) == (0, "")
    for words in (
        ("show", "a.rules", "--model", "plain.json"),
        ("explain", "a.rules", "norm.amount", "--model", "plain.json"),
        ("test", "a.rules", "--model", "plain.json"),
        ("parity", "a.rules", "--model", "own.json", "--model", "plain.json"),
        ("inventory", "plain.json", "-o", "new.json"),
    ):
        refused = run(*words, "--vocabulary", "gain.toml")
        assert "error[E545]: the inventory was taken without the vocabulary `gain.toml`" in refused.stderr
        assert refused.exit_code != 0


def test_a_misspelt_class_is_a_note() -> None:
    Path("near.toml").write_text(
        '[families]\nRMSNorm = ["lab.UnitScal", "other.Norm"]\n\n'
        '[[roles]]\nclasses = ["lab.Mix"]\nscale = ["a"]\n'
        '\n[layouts]\n"lab.Mixx" = { table = "out in" }\n',
        "utf-8",
    )
    rules = paramrules.parse("a: name ~ fc\nrest: else\n")
    for model in (
        Model(),
        Inventory.from_json(paramrules.inventory(Model(), vocabulary="near.toml").to_json()),
    ):
        found = paramrules.assign(rules, model, vocabulary="near.toml").findings
        assert [(finding.code, finding.severity, finding.message, finding.help) for finding in found] == [
            (
                "N217",
                "note",
                f"the vocabulary `near.toml` names `{written}`, and the model has no such class",
                f"did you mean `{meant}`?",
            )
            for written, meant in (("lab.UnitScal", "lab.UnitScale"), ("lab.Mixx", "lab.Mix"))
        ]
    assert paramrules.assign(rules, Model(), vocabulary="gain.toml").findings == ()


def test_a_vocabulary_of_too_many_names(tmp_path: Path) -> None:
    path = tmp_path / "many.toml"
    path.write_text(f"[families]\nRMSNorm = {[f'lab.Norm{number}' for number in range(2_000)]}\n")
    with pytest.raises(RulesError) as raised:
        own_files(path)
    (finding,) = raised.value.diagnostics
    assert finding.message == f"the vocabulary `{path}` cannot be read: it has more than 2,000 names"
    assert finding.help == "let `*` in a class or a leaf stand for several"
    path.write_text("# padding\n" * 13_200)
    with pytest.raises(RulesError, match="it is larger than 128 KiB"):
        own_files(path)


def test_classes_of_other_names_are_not_compared(tmp_path: Path) -> None:
    path = tmp_path / "many.toml"

    def steps(count: int) -> int:
        path.write_text(
            f"[families]\nRMSNorm = {[f'lab.Norm{n}' for n in range(count)]}\n"
            f"LayerNorm = {[f'lab.Other{n}' for n in range(count)]}\n"
        )
        before = named.cache_info()
        own_files(path)
        after = named.cache_info()
        return after.hits + after.misses - before.hits - before.misses

    assert steps(900) < 100_000  # of two million pairs
