import json
from collections.abc import Callable
from pathlib import Path

from support import Ran


def test_what_holds_and_what_does_not(run: Callable[..., Ran]) -> None:
    assert run("test", "net.rules", "--model", "net.py:model") == (
        1,
        """\
result  parameters  place        expectation
pass             2  net.rules:6  expect no_decay: role == bias
FAIL             3  net.rules:7  expect decay: leaf == "weight" and type(Linear)
1 passed, 1 failed
""",
        """
error[E206]: `head.weight` is `no_decay`, not `decay`
  --> net.rules:7:1
   |
 7 | expect decay: leaf == "weight" and type(Linear)
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ this expectation does not hold
  --> net.rules:4:1
   |
 4 | no_decay: ndim <= 1 or type(Embedding) -> weight_decay = 0
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ takes `head.weight`
   = help: `paramrules explain net.rules head.weight --model ...` says why

""",
    )


def test_all_hold(run: Callable[..., Ran]) -> None:
    Path("ok.rules").write_text('bias: role == bias\nexpect bias:\n    leaf == "bias"\n')
    assert run("test", "ok.rules", "--model", "net.py:model") == (
        0,
        """\
result  parameters  place         expectation
pass             2  ok.rules:2    expect bias: leaf == "bias"
1 passed, 0 failed
""".replace("ok.rules:2    ", "ok.rules:2  ").replace("place         ", "place       "),
        "",
    )


def test_a_file_without_expectations_says_so(run: Callable[..., Ran]) -> None:
    Path("none.rules").write_text("bias: role == bias\n")
    assert run("test", "none.rules", "-m", "net.py:model") == (0, "none.rules has no `expect`\n", "")


def test_what_is_dead_fails_under_strict(run: Callable[..., Ran]) -> None:
    Path("dead.rules").write_text("x: ndim > 7\nrest: else\nexpect rest: role == bias\n")
    assert run("test", "dead.rules", "--model", "net.py:model").code == 0
    code, out, err = run("test", "dead.rules", "--model", "net.py:model", "--strict")
    assert (code, out.splitlines()[-1]) == (1, "1 passed, 0 failed")
    assert err.startswith("\nerror[W201]: the rule `x` takes no parameter of the model\n")


def test_json(run: Callable[..., Ran]) -> None:
    code, out, err = run("test", "net.rules", "--model", "net.py:model", "--json", "--option", "rate=1")
    result = json.loads(out)
    (finding,) = result.pop("findings")
    assert (code, err, finding["code"]) == (1, "", "E206")
    assert result == {
        "version": 1,
        "expectations": [
            {
                "rules": "net.rules",
                "name": "net.py:model",
                "model": "net.py:model",
                "axis": "decay",
                "expectation": "expect no_decay: role == bias",
                "file": "net.rules",
                "line": 6,
                "parameters": 2,
                "passed": True,
            },
            {
                "rules": "net.rules",
                "name": "net.py:model",
                "model": "net.py:model",
                "axis": "decay",
                "expectation": 'expect decay: leaf == "weight" and type(Linear)',
                "file": "net.rules",
                "line": 7,
                "parameters": 3,
                "passed": False,
            },
        ],
        "passed": 1,
        "failed": 1,
    }


def test_coverage(run: Callable[..., Ran]) -> None:
    Path("some.rules").write_text(
        "early: name ~ wte or name ~ lost\nfrozen: not trainable\nlate?: name ~ gone\nrest: else\n"
    )
    one, two = ("-m", "net.py:model"), ("-m", "net.py:make(True)")
    assert (
        run("test", "some.rules", *one, "--coverage").out
        == """\
coverage    rules   branches  reached
some.rules  2 of 4  1 of 2       50 %

no model reaches  place         text
branch            some.rules:1  name ~ lost
rule              some.rules:2  frozen: not trainable
rule              some.rules:3  late?: name ~ gone
some.rules has no `expect`
"""
    )
    code, out, err = run("test", "some.rules", *one, *two, "--coverage", "--fail-on", "warning")
    assert code == 1
    assert "some.rules  3 of 4  1 of 2       66 %\n" in out
    assert (err.count("warning["), err.count("W202")) == (1, 1)
    (row,) = json.loads(run("test", "some.rules", *one, *two, "--coverage", "--json").out)["coverage"]
    assert row == {
        "rules": "some.rules",
        "percent": 66,
        "rules_reached": 3,
        "rules_total": 4,
        "branches_reached": 1,
        "branches_total": 2,
        "missed": [
            {"kind": "branch", "text": "name ~ lost", "file": "some.rules", "line": 1},
            {"kind": "rule", "text": "late?: name ~ gone", "file": "some.rules", "line": 3},
        ],
    }
    Path("some.rules").write_text("norms: ndim == 1\nrest: else\nexpect norms: role == bias\n")
    assert run("test", "some.rules", *one, "--coverage").out.splitlines()[2:] == [
        "",
        "coverage    rules   branches  reached",
        "some.rules  2 of 2  0 of 0      100 %",
        "1 passed, 0 failed",
    ]
