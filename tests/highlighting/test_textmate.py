"""The TextMate grammar of the VS Code extension: it is up to date, and reads files as the parser does."""

import json
import re
import runpy
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from highlighting.lark_words import BROKEN, ODD, ROOT, lark_words, texts

from paramrules.highlighting.kinds import KINDS
from paramrules.highlighting.words import WORDS

EDITORS = ROOT / "grammar" / "editors"
GRAMMAR = (EDITORS / "vscode" / "syntaxes" / "paramrules.tmLanguage.json").read_text("utf-8")
SCOPES = {kind: f"{look.scope}.paramrules" for kind, look in KINDS.items()}
INSIDE = {"regex": {SCOPES["regex"], SCOPES["escape"], SCOPES["capture"]}}
REST = "rest: else\n"


def tokenised(given: list[str]) -> list[list[tuple[int, int, list[str]]]]:
    """Return the tokens of texts as VS Code's own library gives them: start, end, scopes."""
    ran = subprocess.run(
        ["node", EDITORS / "vscode" / "test" / "tokenize.js"],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(ran.stdout)


needs_node = pytest.mark.skipif(
    not shutil.which("node") or not (EDITORS / "vscode/node_modules/vscode-textmate").is_dir(),
    reason="node or its modules are not there: `cd grammar/editors/vscode && npm install`",
)


def test_the_grammar_is_up_to_date() -> None:
    assert runpy.run_path(str(EDITORS / "generate.py"))["grammar"]() == GRAMMAR


@needs_node
def test_every_rule_file_is_read_as_the_parser_reads_it() -> None:
    files = list(texts())
    for (name, text), tokens in zip(files, tokenised([text for _, text in files]), strict=True):
        found = [""] * (len(text.encode("utf-16-le")) // 2 + 1)
        edges = set()
        for start, end, scopes in tokens:
            edges |= {start, end}
            found[start:end] = [(scopes or [""])[-1]] * (end - start)
        for word in lark_words(text):
            start, end = (len(text[:at].encode("utf-16-le")) // 2 for at in word[:2])
            place = f"{name}: `{text[word.start : word.end]}` is a {word.kind}"
            assert set(found[start:end]) <= INSIDE.get(word.kind, {SCOPES[word.kind]}), place
            assert {start, end} <= edges, place


@needs_node
def test_odd_words_have_the_look_of_their_kinds() -> None:
    for (text, kinds), tokens in zip(ODD.items(), tokenised(list(ODD)), strict=True):
        found = {text[start:end]: (scopes or [""])[-1] for start, end, scopes in tokens}
        assert {word: found.get(word) for word in kinds} == {
            word: SCOPES[kind] for word, kind in kinds.items()
        }, text


@needs_node
def test_a_mistake_spoils_its_own_statement_alone() -> None:
    policy = (ROOT / "examples" / "vit" / "vit.rules").read_text("utf-8")
    (alone,) = tokenised([policy])
    for line, tokens in zip(BROKEN, tokenised([f"{line}\n{policy}" for line in BROKEN]), strict=True):
        moved = len(line) + 1
        after = [(start - moved, end - moved, scopes) for start, end, scopes in tokens if start >= moved]
        assert after == [tuple(token) for token in alone], line


def rules(pattern: Any) -> Iterator[dict[str, Any]]:
    """Yield every rule of a grammar, outermost first."""
    if isinstance(pattern, dict):
        yield pattern
        pattern = list(pattern.values())
    for each in pattern if isinstance(pattern, list) else ():
        yield from rules(each)


def test_every_regex_is_one() -> None:
    regexes = [
        rule[key] for rule in rules(json.loads(GRAMMAR)) for key in ("match", "begin", "end") if key in rule
    ]
    assert len(regexes) > 50
    for regex in regexes:
        re.compile(regex)


def test_every_region_ends_before_the_next_statement() -> None:
    regions = [rule for rule in rules(json.loads(GRAMMAR)) if "begin" in rule]
    assert len(regions) > 10
    for region in regions:
        end = re.match(region["end"], REST)
        assert end is not None
        assert end[0] == ""


def test_every_include_leads_somewhere_and_every_rule_is_used() -> None:
    data = json.loads(GRAMMAR)
    used = {rule["include"].removeprefix("#") for rule in rules(data) if isinstance(rule.get("include"), str)}
    assert used == set(data["repository"])


def test_every_word_and_every_look_is_in_the_grammar() -> None:
    text = json.dumps([rule.get("match", rule.get("begin")) for rule in rules(json.loads(GRAMMAR))])
    named = {rule["name"] for rule in rules(json.loads(GRAMMAR)) if isinstance(rule.get("name"), str)}
    assert set(SCOPES.values()) <= named
    for words in WORDS.values():
        for word in words:
            assert re.search(rf"\b{word}\b", text), word
