"""From an edit to its diagnostics, over the protocol: `python benchmarks/bench_lsp.py`.

Each case types into a file of 30 rules: without a model, with a hundred errors, and with a model of 300
tensors. The server is a process of its own, as an editor starts it. Target: 50 ms, median.
"""

import asyncio
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from measuring import needed

TESTS = Path(__file__).parents[1] / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "language_server")]

with needed():
    from lsp_editor import Editor
    from lsprotocol import types
    from pygls.lsp.client import LanguageClient
    from support import inventory_of

EDITS = 30
"""The edits that are timed, after as many that are not."""
HEAD = "option rate = 0.9\nlet block = name ~ ^h\\.(?<i>\\d+)\\.\n"
RULES = "".join(
    f'r{n}?: leaf == "weight" and ndim == {n % 4} and size > {n} -> lr_scale = rate ** {n}\n'
    for n in range(29)
)
LAST = "rest: else"
ERRORS = "".join(f"e{n}: nope{n} <= 1 && tied\n" for n in range(100))


def model(folder: Path) -> None:
    """Save a model of 300 tensors, and the settings that name it."""
    linear = "torch.nn.modules.linear.Linear"
    rows = [
        {"name": f"h.{n}.fc.{leaf}", "owner": linear, "shape": shape}
        for n in range(150)
        for leaf, shape in (("weight", [64, 64]), ("bias", [64]))
    ]
    inventory_of(rows).save(folder / "net.json")
    (folder / "paramrules.toml").write_text('[[targets]]\nrules = "net.rules"\nmodels = ["net.json"]\n')


def milliseconds(editor: Editor, file: Path, text: str) -> float:
    """Return the median time from an edit to its diagnostics."""
    file.write_text(text)
    uri = editor.open(file)
    times = []
    for number in range(2 * EDITS):
        start = perf_counter()
        editor.change(uri, f"{text}  # {number}\n")
        times.append(1000 * (perf_counter() - start))
    identifier = types.TextDocumentIdentifier(uri)
    editor.client.text_document_did_close(types.DidCloseTextDocumentParams(identifier))
    return median(times[EDITS:])


def main() -> None:
    loop = asyncio.new_event_loop()
    client = LanguageClient("bench", "1")
    editor = Editor(loop, client)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        editor.wait(client.start_io(sys.executable, "-m", "paramrules", "lsp"))
        editor.initialize()
        text = HEAD + RULES + LAST
        found = [
            ("30 rules", milliseconds(editor, folder / "a.rules", text)),
            (
                "30 rules and 100 errors",
                milliseconds(editor, folder / "b.rules", HEAD + RULES + ERRORS + LAST),
            ),
        ]
        model(folder)
        found.append(("30 rules on 300 tensors", milliseconds(editor, folder / "net.rules", text)))
        for what, took in found:
            print(f"{what:25} {took:6.1f} ms")
        editor.wait(client.shutdown_async(None))
        client.exit(None)
        editor.wait(client.stop())
    loop.close()


if __name__ == "__main__":
    main()
