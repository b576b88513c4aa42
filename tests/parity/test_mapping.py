"""Mapping files: what they say, and every way in which they can be wrong."""

from pathlib import Path

import pytest
from support import calls, inventory_of

import paramrules
from paramrules import RulesError
from paramrules.comparison.mapping_file import Line, Mapped, read, read_line, resolved
from paramrules.diagnostics import Diagnostic, Source, Span

A = inventory_of(
    [*(f"h.{i}.{leaf}" for i in range(3) for leaf in ("a", "b")), {"name": "wte", "also": ["head"]}, "q"]
)
B = inventory_of([*(f"l{i + 1}.{leaf}" for i in range(3) for leaf in ("x", "y")), "emb", "q1.w", "q2.w"])


def mapped(tmp_path: Path, text: str) -> list[Mapped]:
    (tmp_path / "a.map").write_text(text)
    return resolved(read(tmp_path / "a.map"), A, B)


def wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> str:
    monkeypatch.chdir(tmp_path)
    Path("a.map").write_text(text)
    with pytest.raises(RulesError) as e:
        resolved(read("a.map"), A, B)
    return str(e.value)


def test_lines_of_every_kind(tmp_path: Path) -> None:
    text = (
        "\n# all\nh.{i}.a = l{i+1}.x   # the first\n  h.{layer}.b=l{layer+1}.y\nhead = emb\nq = q1.w, q2.w\n"
    )
    assert mapped(tmp_path, text) == [
        *(Mapped((f"h.{i}.a",), (f"l{i + 1}.x",)) for i in range(3)),
        *(Mapped((f"h.{i}.b",), (f"l{i + 1}.y",)) for i in range(3)),
        Mapped(("head",), ("emb",)),
        Mapped(("q",), ("q1.w", "q2.w")),
    ]


def test_a_number_is_the_same_wherever_its_word_is(tmp_path: Path) -> None:
    (tmp_path / "a.map").write_text("h.{i}.{i-1} = l{i+1}")
    a, b = inventory_of(["h.1.0", "h.2.0", "h.2.1", "h.01.0"]), inventory_of(["l2", "l3"])
    assert resolved(read(tmp_path / "a.map"), a, b) == [
        Mapped(("h.1.0",), ("l2",)),
        Mapped(("h.2.1",), ("l3",)),
    ]


def test_lines_of_modules_and_of_no_partner(tmp_path: Path) -> None:
    text = "h.{i}.* = l{i+1}.*\nq = -\n- = emb\nwte = -\n- = q*\n"
    assert mapped(tmp_path, text) == [
        *(Mapped((f"h.{i}.",), (f"l{i + 1}.",), True) for i in range(3)),
        Mapped(("q",), ()),
        Mapped((), ("emb",)),
        Mapped(("wte",), ()),
        Mapped((), ("q1.w",)),
        Mapped((), ("q2.w",)),
    ]


def test_the_rest_of_a_module_has_no_partner(tmp_path: Path) -> None:
    rest = [Mapped((f"h.{i}.{leaf}",), ()) for i in range(3) for leaf in ("a", "b")]
    assert mapped(tmp_path, "h.* = -\nh.1.b = l2.y") == [
        Mapped(("h.1.b",), ("l2.y",)),
        *(each for each in rest if each.a != ("h.1.b",)),
    ]


def test_what_has_no_partner_on_purpose_is_not_missed(tmp_path: Path) -> None:
    a, b = inventory_of(["w", "h.0.x", "h.1.x"]), inventory_of(["w", "y"])
    rules = paramrules.parse("all: else")
    (tmp_path / "a.map").write_text("h.{i}.x = -\n- = y")
    found = paramrules.parity(rules, a, b, tmp_path / "a.map")
    assert (found.same, found.unpaired, found.alone) == (True, ((), ()), (("h.0.x", "h.1.x"), ("y",)))
    draft = found.mapping()
    assert draft.splitlines()[-3:] == ["# without a partner, on purpose", "h.{i}.x = -", "- = y"]
    (tmp_path / "draft.map").write_text(draft)
    assert paramrules.parity(rules, a, b, tmp_path / "draft.map").alone == found.alone


@pytest.mark.parametrize(
    ("line", "message", "column", "length", "help"),
    [
        (
            "- = -",
            "`-` stands alone on one side of `=`",
            5,
            1,
            "write `lm_head.weight = -` for a parameter without a partner",
        ),
        (
            "h.0.a, - = l1.x",
            "`-` stands alone on one side of `=`",
            8,
            1,
            "write `lm_head.weight = -` for a parameter without a partner",
        ),
        (
            "h.* = l1.x",
            "`h.*` has more than one name, so the other side does too",
            1,
            3,
            "write `img.* = vision_model.*`, or `decoder.* = -` for names without partners",
        ),
        (
            "h.0.*, h.1.* = l1.*",
            "`h.0.*` has more than one name, so the other side does too",
            1,
            5,
            "write `img.* = vision_model.*`, or `decoder.* = -` for names without partners",
        ),
    ],
)
def test_lines_of_modules_that_cannot_be_understood(
    line: str,
    message: str,
    column: int,
    length: int,
    help: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert wrong(tmp_path, monkeypatch, line) == (
        f"\nerror[E803]: {message}\n  --> a.map:1:{column}\n   |\n 1 | {line}\n"
        f"   | {' ' * (column - 1)}{'^' * length}\n   = help: {help}"
    )


def test_a_module_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for line in ("h.* = nowhere.*", "- = nowhere.*"):
        at = line.index("nowhere")
        which = "`paramrules parity --write-mapping FILE` lists all names without a partner"
        assert wrong(tmp_path, monkeypatch, line) == (
            f"\nerror[E804]: `nowhere.*` begins no name of the second model\n  --> a.map:1:{at + 1}\n   |\n"
            f" 1 | {line}\n   | {' ' * at}^^^^^^^^^\n   = help: {which}"
        )


HELP = "\n   = help: write `h.{i}.norm.weight = blocks.{i}.norm.scale`, with commas between several names"


@pytest.mark.parametrize(
    ("line", "message", "carets"),
    [
        ("h.0.a l1.x", "a line of a mapping has no `=`", "^^^^^^^^^^"),
        ("h.0.a = l1.x = l1.y", "a line of a mapping has more than one `=`", "^^^^^^^^^^^^^^^^^^^"),
        (" = l1.x", "a name is missing", " ^"),
        ("h.0.a = l1.x,", "a name is missing", "             ^"),
        ("h.{0}.a = l1.x", "`h.{0}.a` is not the name of a parameter", "^^^^^^^"),
        ("h.0.a = l1 .x", "`l1 .x` is not the name of a parameter", "        ^^^^^"),
    ],
)
def test_lines_that_cannot_be_understood(
    line: str, message: str, carets: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    column = len(carets) - len(carets.lstrip()) + 1
    assert wrong(tmp_path, monkeypatch, line) == (
        f"\nerror[E803]: {message}\n  --> a.map:1:{column}\n   |\n 1 | {line}\n   | {carets}{HELP}"
    )


def test_words_that_differ_and_all_faults_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (
        wrong(tmp_path, monkeypatch, "h.{i}.a = l{j}.x\nh.0.b\n")
        == f"""
error[E803]: `l{{j}}.x` has other words in braces than `h.{{i}}.a`
  --> a.map:1:11
   |
 1 | h.{{i}}.a = l{{j}}.x
   |           ^^^^^^
   = help: use the same words in braces in every name of a line

error[E803]: a line of a mapping has no `=`
  --> a.map:2:1
   |
 2 | h.0.b
   | ^^^^^{HELP}"""
    )


@pytest.mark.parametrize(
    ("line", "name", "which", "marked", "help"),
    [
        ("h.{i}.aa = l{i}.x", "h.{i}.aa", "first", "h.{i}.aa", "did you mean `h.{i}.a`?"),
        ("h.0.aa = l1.x", "h.0.aa", "first", "h.0.aa", "did you mean `h.0.a`?"),
        (
            "h.{i}.a = l{i}.x",
            "l0.x",
            "second",
            "l{i}.x",
            "it exists for i from 1 to 3; `{i+1}` is one more than `{i}`",
        ),
        (
            "emb = wte",
            "emb",
            "first",
            "emb",
            "the second model has it: names of the first model go left of `=`",
        ),
        (
            "q = nothing.like.it",
            "nothing.like.it",
            "second",
            "nothing.like.it",
            "`paramrules parity --write-mapping FILE` lists all names without a partner",
        ),
    ],
)
def test_names_that_are_not_there(
    line: str,
    name: str,
    which: str,
    marked: str,
    help: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at = line.index(marked)
    assert wrong(tmp_path, monkeypatch, line) == (
        f"\nerror[E804]: `{name}` is not a parameter of the {which} model\n"
        f"  --> a.map:1:{at + 1}\n   |\n 1 | {line}\n   | {' ' * at}{'^' * len(marked)}\n   = help: {help}"
    )


def test_what_is_mapped_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (
        wrong(tmp_path, monkeypatch, "wte = emb\nhead = q1.w\n")
        == """
error[E805]: `head` of the first model is mapped twice
  --> a.map:2:1
   |
 2 | head = q1.w
   | ^^^^
  --> a.map:1:1
   |
 1 | wte = emb
   | ^^^ here too
   = help: put all its counterparts on one line, separated by commas"""
    )


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(RulesError) as e:
        read("missing.map")
    assert str(e.value) == (
        "\nerror[E101]: `missing.map` cannot be read: it does not exist\n"
        f"  = help: looked for `{Path.cwd() / 'missing.map'}`"
    )


def test_several_that_are_one_have_to_be_in_its_group(tmp_path: Path) -> None:
    (tmp_path / "a.map").write_text("q = q1.w, q2.w")
    a, b = inventory_of(["q"]), inventory_of(["q1.w", "q2.w"])
    rules = paramrules.parse("a: name ~ 2\nb: else")
    found = paramrules.parity(rules, a, b, tmp_path / "a.map")
    assert [(d.a, d.b, d.labels) for d in found.differences] == [("q", "q2.w", ("b", "a"))]
    assert found.pairs[0] == (("q",), ("q1.w", "q2.w"), "mapping")
    assert found.mapping().splitlines()[-2:] == ["# found by mapping", "q = q1.w, q2.w"]


def test_a_draft_of_what_no_pattern_says(tmp_path: Path) -> None:
    """Numbers that run apart, and a pattern that would say more than was found."""
    a = inventory_of([{"name": f"s{s}.b{b}", "shape": [s * 2 + b + 1]} for s in range(2) for b in range(2)])
    b = inventory_of([{"name": f"x{k}", "shape": [k + 1]} for k in range(4)])
    draft = paramrules.parity(paramrules.parse("all: else"), a, b).mapping()
    assert draft.splitlines()[4:] == ["s0.b{i} = x{i}", "s1.b{i} = x{i+2}"]
    a = inventory_of([{"name": f"m{i}", "shape": [i + 1]} for i in range(3)])
    b = inventory_of([{"name": f"m{i}", "shape": [i + 1]} for i in (0, 1)])
    draft = paramrules.parity(paramrules.parse("all: else"), a, b).mapping()
    assert draft.splitlines()[4:] == ["m0 = m0", "m1 = m1", "", "# only in the first model", "# m2 = ?"]


def test_a_mapping_is_saved_to_a_new_file(tmp_path: Path) -> None:
    a = inventory_of([{"name": "a.weight", "shape": [4]}])
    found = paramrules.parity(paramrules.parse("all: else"), a, a)
    found.save_mapping(tmp_path / "new.map")
    assert (tmp_path / "new.map").read_text() == found.mapping()
    with pytest.raises(paramrules.RulesError, match="E806"):
        found.save_mapping(tmp_path / "new.map")


@pytest.mark.parametrize("text", ["{i}{j}.w = {i}{j}.w", "a{i}1{i}.w = a{i}.w", "{i}{i}{i}{i}x = {i}x"])
def test_numbers_that_touch_are_not_a_pattern(text: str) -> None:
    """Where one ends and the next begins would be a guess: for twenty digits there are millions."""
    finding = read_line(Span(Source("m.map", text), 0, len(text)))
    assert isinstance(finding, Diagnostic)
    first = text.partition(" =")[0]
    assert (finding.code, finding.message) == ("E803", f"`{first}` is not the name of a parameter")


def test_a_mapping_of_too_many_lines(tmp_path: Path) -> None:
    path = tmp_path / "long.map"
    path.write_text("a = b\n" * 10_000 + "c = d\n")
    with pytest.raises(RulesError) as raised:
        read(path)
    (finding,) = raised.value.diagnostics
    assert (finding.code, finding.message) == ("E111", "there are more than 10,000 lines")
    assert finding.span is not None
    assert finding.span.line == 10_001


def test_what_was_meant_is_not_looked_for_in_each_of_many_lines() -> None:
    model = inventory_of([f"h.{number}.norm.weight" for number in range(50)])

    def steps(count: int) -> int:
        text = "".join(f"h.{n}.nrm.weight = h.{n}.norm.weight\n" for n in range(count))
        source = Source("m.map", text)
        spans = [
            Span(source, at, at + len(source.line(n))) for n, at in enumerate(source.line_starts[:-1], 1)
        ]
        lines = [line for line in map(read_line, spans) if isinstance(line, Line)]
        found: list[Diagnostic] = []

        def work() -> None:
            with pytest.raises(RulesError) as raised:
                resolved(lines, model, model)
            found.extend(raised.value.diagnostics)

        work()
        assert [finding.code for finding in found] == ["E804"] * count
        assert found[0].help == "did you mean `h.0.norm.weight`?"
        return calls(work)

    assert steps(400) < 1.5 * steps(100)


def test_what_is_no_path_of_a_mapping() -> None:
    model = inventory_of([{"name": "a", "shape": [1]}])
    message = r"^`mapping` is a `paramrules.inventories.inventory.Inventory` and should be the path of a map"
    with pytest.raises(TypeError, match=message):
        paramrules.parity(paramrules.parse("all: else"), model, model, model)  # type: ignore[arg-type]
