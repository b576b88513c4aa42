"""The files that the page on editors asks users to write."""

import json
import re
import tomllib

from docs.pages import blocks
from highlighting.lark_words import ROOT

from paramrules.highlighting.pygments_lexer import RulesLexer

TEXT = (ROOT / "docs" / "editors-setup.md").read_text("utf-8")
BLOCKS = {block.name: block.text for block in blocks(TEXT)}
PACKAGE = json.loads((ROOT / "grammar/editors/vscode/package.json").read_text("utf-8"))


def test_helix_is_told_of_the_server_and_the_files() -> None:
    settings = tomllib.loads(BLOCKS["languages.toml"])
    (language,) = settings["language"]
    assert [settings["language-server"][name] for name in language["language-servers"]] == [
        {"command": "paramrules", "args": ["lsp"]}
    ]
    assert [f"*.{ending}" for ending in language["file-types"]] == RulesLexer.filenames


def test_settings_of_vs_code_are_those_of_the_extension() -> None:
    properties = PACKAGE["contributes"]["configuration"]["properties"]
    settings = json.loads(BLOCKS["settings.json"])
    (language,) = PACKAGE["contributes"]["languages"]
    assert settings.pop("files.associations") == {"*.rules": language["id"]}
    assert settings.keys() <= properties.keys()


def test_neovim_names_one_language_throughout() -> None:
    assert len(re.findall(r'"paramrules"', BLOCKS["init.lua"])) == 6
    assert '{ rules = "paramrules" }' in BLOCKS["init.lua"]


def test_the_extension_is_packaged_as_the_page_says() -> None:
    commands = next(block.text for block in blocks(TEXT) if "npm ci" in block.text)
    assert PACKAGE["scripts"]["package"].removeprefix("npx --yes ") in commands
    assert f"paramrules-{PACKAGE['version']}.vsix" in commands


def test_the_lexers_names_are_those_on_the_page() -> None:
    assert "as `paramrules` and `rules`" in TEXT
    assert RulesLexer.aliases == ["paramrules", "rules"]
