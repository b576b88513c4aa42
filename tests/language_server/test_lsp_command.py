"""`paramrules lsp` as a process, and without what it needs."""

import asyncio
import json
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from lsp_editor import Editor
from pygls.lsp.client import LanguageClient

from paramrules.cli import main


def test_a_process_serves_an_editor_and_loads_no_framework(project: Path) -> None:
    """An inventory is read, and torch and JAX are installed: neither is loaded."""
    code = (
        "import sys; from paramrules.cli import main\n"
        "try: main(['lsp'])\n"
        "finally: print(*sorted({'torch', 'jax', 'numpy'} & set(sys.modules)), 'end', file=sys.stderr)"
    )
    loop = asyncio.new_event_loop()
    client = LanguageClient("editor", "1")
    editor = Editor(loop, client)
    editor.wait(client.start_io(sys.executable, "-c", code))
    result = editor.initialize()
    assert result.server_info is not None
    assert result.server_info.name == "paramrules"
    (project / "net.rules").write_text("a: type(Nope)\nb: else\n")
    uri = editor.open(project / "net.rules")
    editor.until(lambda: editor.found(uri) == [("W203", "0:8"), ("W201", "0:0")])
    editor.wait(client.shutdown_async(None))
    client.exit(None)
    process = client._server
    assert process is not None
    assert process.stderr is not None
    assert editor.wait(process.stderr.read()) == b"end\n"
    assert editor.wait(process.wait()) == 0
    editor.wait(client.stop())
    loop.close()


@pytest.mark.parametrize("missing", ["pygls", "lsprotocol"])
def test_without_the_extra_it_says_what_to_install(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    ran = CliRunner().invoke(main, ["lsp"])
    assert (ran.exit_code, ran.stdout, ran.stderr) == (
        2,
        "",
        "error[E980]: the language server is not installed\n"
        "  = help: install it: `pip install 'paramrules[lsp]'`\n\n",
    )
    ran = CliRunner().invoke(main, ["lsp", "--json"])
    assert [each["code"] for each in json.loads(ran.stdout)["findings"]] == ["E980"]


def test_it_starts_with_broken_settings_and_ends_with_its_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "paramrules.toml").write_text("broken")
    monkeypatch.chdir(tmp_path)
    stderr = sys.stderr
    ran = CliRunner().invoke(main, ["lsp"], input=b"")
    assert (ran.exit_code, ran.stdout, ran.stderr) == (0, "", "")
    assert sys.stderr is stderr


@pytest.mark.parametrize("digits", ["99999999999", str((64 << 20) + 1)])
def test_a_message_that_would_take_all_memory_is_not_read(digits: str) -> None:
    ran = CliRunner().invoke(main, ["lsp"], input=f"Content-Length: {digits}\r\n\r\n" + "{}" * 9)
    assert (ran.exit_code, ran.stdout, ran.stderr) == (
        2,
        "",
        f"error[E987]: the editor announces a message of {int(digits):,} bytes, and one may have 67,108,864\n"
        "  = help: restart the server; rule files are smaller, so what has started it is not an editor\n\n",
    )
    ran = CliRunner().invoke(main, ["lsp", "--json"], input=f"Content-Length: {digits}\r\n\r\n" + "{}" * 9)
    assert [each["code"] for each in json.loads(ran.stdout)["findings"]] == ["E987"]
    assert ran.stderr == ""


@pytest.mark.parametrize("line", ["Content-Length: " + "9" * 5_000, "x" * 100_000])
def test_a_line_without_an_end_is_read_in_parts(line: str) -> None:
    """A number of 5,000 digits is none for Python."""
    request = '{"jsonrpc": "2.0", "id": 1, "method": "shutdown"}'
    ran = CliRunner().invoke(
        main, ["lsp"], input=f"{line}\r\nContent-Length: {len(request)}\r\n\r\n{request}"
    )
    assert ran.exit_code == 0
    assert '"id": 1' in ran.stdout or '"id":1' in ran.stdout
