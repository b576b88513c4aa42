"""The lexer for Pygments: it reads files as the parser does, and a mistake spoils one statement alone."""

import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from highlighting.lark_words import BROKEN, ODD, ROOT, lark_words, texts
from pygments.cmdline import main
from pygments.token import Error, string_to_tokentype

from paramrules.highlighting.kinds import KINDS
from paramrules.highlighting.pygments_lexer import RulesLexer
from paramrules.syntax.statements import cut

LOOKS = {kind: string_to_tokentype(look.token) for kind, look in KINDS.items()}
INSIDE = {"regex": {LOOKS["regex"], LOOKS["escape"], LOOKS["capture"]}}
REST = "rest: else\n"
POLICY = (ROOT / "examples" / "vit" / "vit.rules").read_text("utf-8")


def lexed(text: str) -> list[tuple[str, str]]:
    """Return the words of a text with their tokens."""
    tokens = RulesLexer().get_tokens_unprocessed(text)
    return [(word, str(look).removeprefix("Token.")) for _, look, word in tokens if word.strip()]


def test_every_rule_file_is_read_as_the_parser_reads_it() -> None:
    kinds = set()
    for name, text in texts():
        found: list[object] = [None] * len(text)
        edges = set()
        for at, look, word in RulesLexer().get_tokens_unprocessed(text):
            edges |= {at, at + len(word)}
            found[at : at + len(word)] = [look] * len(word)
        for start, end, kind in lark_words(text):
            kinds.add(kind)
            place = f"{name}: `{text[start:end]}` is a {kind}"
            assert set(found[start:end]) <= INSIDE.get(kind, {LOOKS[kind]}), place
            assert {start, end} <= edges, place
        if name.startswith(("examples/", "src/", "tests/cases/policies/")):
            assert Error not in found, name
    assert kinds == KINDS.keys() - {"misplaced", "escape", "capture"}


@pytest.mark.parametrize("text", ODD)
def test_odd_words_have_the_look_of_their_kinds(text: str) -> None:
    found = {word: look for _, look, word in RulesLexer().get_tokens_unprocessed(text)}
    assert {word: found.get(word) for word in ODD[text]} == {
        word: LOOKS[kind] for word, kind in ODD[text].items()
    }


@pytest.mark.parametrize("line", BROKEN)
def test_a_mistake_spoils_its_own_statement_alone(line: str) -> None:
    assert lexed(f"{line}\n{POLICY}")[-len(lexed(POLICY)) :] == lexed(POLICY)


def test_a_statement_that_is_being_typed_spoils_no_other() -> None:
    for start, stop in cut(POLICY):
        for end in range(start, stop):
            assert lexed(f"{POLICY[start:end]}\n{REST}")[-3:] == lexed(REST)


def test_no_text_is_lost() -> None:
    for text in (*BROKEN, POLICY, "\n\n  \n", "\ta: b\n", "a: \x00\n"):
        assert "".join(word for _, _, word in RulesLexer().get_tokens_unprocessed(text)) == text


def test_the_entry_point_is_this_lexer() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    module, _, name = project["entry-points"]["pygments.lexers"]["paramrules"].partition(":")
    assert getattr(import_module(module), name) is RulesLexer


def test_pygmentize_shows_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "vit.rules"
    path.write_text(REST, "utf-8")
    lexer = f"{ROOT / 'src/paramrules/highlighting/pygments_lexer.py'}:RulesLexer"
    assert main(["pygmentize", "-x", "-l", lexer, "-f", "html", str(path)]) == 0
    assert '<span class="nt">rest</span><span class="p">:</span>' in capsys.readouterr().out


def test_importing_the_lexer_loads_no_parser_and_no_framework() -> None:
    code = (
        "import paramrules.highlighting.pygments_lexer as lexer, sys; lexer.RulesLexer(); print(*sys.modules)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"lark", "torch", "jax", "numpy", "click", "rich"} & set(ran.stdout.split())
