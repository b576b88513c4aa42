import json
from collections.abc import Callable
from pathlib import Path

from support import Ran

from paramrules.inventories import Inventory


def test_a_saved_inventory_stands_for_the_model(run: Callable[..., Ran]) -> None:
    assert run("inventory", "net.py:model", "-o", "net.json") == (0, "net.json: 7 parameters\n", "")
    assert Inventory.load("net.json").names[0] == "wte.weight"
    shown = [run("show", "net.rules", "--model", model).out for model in ("net.py:model", "net.json")]
    assert shown[0].replace("net.py:model", "net.json") == shown[1]
    Path("net.py").unlink()
    assert run("inventory", "net.json", "--output", "again.json").code == 0
    assert Path("again.json").read_bytes() == Path("net.json").read_bytes()


def test_on_standard_output(run: Callable[..., Ran]) -> None:
    code, out, err = run("inventory", "net.py:model", "-o", "-")
    assert (code, err) == (0, "")
    assert Inventory.from_json(out).names[-1] == "head.weight"


def test_json(run: Callable[..., Ran]) -> None:
    counted = {"version": 1, "framework": "torch", "parameters": 7, "findings": []}
    code, out, _ = run("inventory", "net.py:model", "-o", "net.json", "--json")
    assert (code, json.loads(out)) == (0, {"file": "net.json", **counted})
    code, out, _ = run("inventory", "net.py:model", "-o", "-", "--json")
    saved = json.loads(Path("net.json").read_text())
    assert (code, json.loads(out)) == (0, {"file": "-", "inventory": saved, **counted})


def test_a_place_that_cannot_be_written(run: Callable[..., Ran]) -> None:
    assert run("inventory", "net.py:model", "-o", "missing/net.json") == (
        2,
        "",
        "error[E703]: `missing/net.json` cannot be written: no such file or directory\n"
        "  = help: name a file in a folder that exists and is writable\n\n",
    )


def test_what_was_there_stays_where_the_model_fails(run: Callable[..., Ran]) -> None:
    Path("net.json").write_text("before")
    assert run("inventory", "net.py:linear", "-o", "net.json").code == 2
    assert Path("net.json").read_text() == "before"


def test_a_file_that_is_not_an_inventory(run: Callable[..., Ran]) -> None:
    Path("bad.json").write_text("{}")
    code, out, err = run("show", "net.rules", "--model", "bad.json")
    assert (code, out) == (2, "")
    assert err.startswith("error[E505]: ")


def test_without_an_output_the_command_line_is_wrong(run: Callable[..., Ran]) -> None:
    usage = "Usage: paramrules inventory [OPTIONS] M\nTry 'paramrules inventory --help' for help.\n\n"
    assert run("inventory", "net.py:model") == (2, "", usage + "Error: Missing option '--output' / '-o'.\n")
