"""`pytest --paramrules`, run inside the process on a project of its own."""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import pytest
from click.testing import CliRunner

import paramrules
from paramrules.cli import main

pytest_plugins = ["pytester"]

for found in walk_packages(paramrules.__path__, "paramrules."):
    # What pytest imports inside of pytest is forgotten afterwards. Half of the core is here already, and
    # two halves would have different classes of the same names.
    if found.name != "paramrules.__main__":
        import_module(found.name)

MODEL = """\
from support import inventory_of

LINEAR = "torch.nn.modules.linear.Linear"
loads = []


def make(rows=4):
    loads.append(rows)
    print("built", len(loads))
    return inventory_of([
        {"name": "fc.weight", "owner": LINEAR, "around": [], "shape": [rows, 2]},
        {"name": "fc.bias", "owner": LINEAR, "around": [], "shape": [rows], "role": "bias"},
    ])


def wide():
    return make(8)
"""
RULES = """\
no_decay: ndim <= 1 -> weight_decay = 0
decay: else
expect no_decay: role == bias
expect decay:
    ndim == 2
"""
SETTINGS = """\
[[targets]]
rules = "net.rules"
models = ["net.py:make", "net.py:wide"]
"""

Pytest = Callable[..., pytest.RunResult]


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Pytest:
    """Runs pytest with the plugin, imported anew as in a process of its own, where nothing else is tested."""
    monkeypatch.delitem(sys.modules, "pytest_paramrules", raising=False)
    pytester.makefile(".rules", net=RULES)
    pytester.makefile(".toml", paramrules=SETTINGS)
    pytester.makepyfile(net=MODEL)
    plugin = ("-p", "no:paramrules", "-p", "pytest_paramrules", "-p", "no:cacheprovider")

    def ran(*arguments: str) -> pytest.RunResult:
        return pytester.runpytest_inprocess(*plugin, *arguments)

    return ran


def test_a_target_has_a_test_for_each_model_and_expectation(run: Pytest) -> None:
    done = run("--paramrules", "-v")
    done.assert_outcomes(passed=6)
    done.stdout.fnmatch_lines(
        [
            "paramrules::net.rules::net.py:make PASSED*",
            "paramrules::net.rules::net.py:make::expect no_decay: role == bias PASSED*",
            "paramrules::net.rules::net.py:make::expect decay: ndim == 2 PASSED*",
            "paramrules::net.rules::net.py:wide PASSED*",
            "paramrules::net.rules::net.py:wide::expect no_decay: role == bias PASSED*",
            "paramrules::net.rules::net.py:wide::expect decay: ndim == 2 PASSED*",
        ]
    )


def test_nothing_without_the_option(run: Pytest) -> None:
    assert run().ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_they_stand_beside_other_tests_and_can_be_chosen(run: Pytest, pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_own="def test_own(): pass")
    run("--paramrules").assert_outcomes(passed=7)
    run("--paramrules", "-k", "wide and expect").assert_outcomes(passed=2, deselected=5)


def test_an_expectation_that_does_not_hold_is_shown_as_everywhere(run: Pytest) -> None:
    Path("net.rules").write_text(RULES.replace("role == bias", 'leaf == "weight"'))
    done = run("--paramrules", "-k", "not wide")
    done.assert_outcomes(passed=2, failed=1, deselected=3)
    done.stdout.fnmatch_lines(
        [
            '*net.rules: net.py:make: expect no_decay: leaf == "weight" _*',
            "error[[]E206]: `fc.weight` is `decay`, not `no_decay`",
            "  --> net.rules:3:1",
            "*= help: `paramrules explain fc.weight` says why",
            "FAILED paramrules::net.rules::net.py:make::expect*",
        ]
    )
    assert "Traceback" not in done.stdout.str()


def test_a_model_is_built_once(run: Pytest) -> None:
    done = run("--paramrules", "-s", "-k", "not wide")
    assert done.stderr.str().count("built") == 1  # a model's code prints to standard error


def test_errors_of_an_assignment_fail_its_first_test(run: Pytest) -> None:
    Path("paramrules.toml").write_text(SETTINGS + "strict = true\n")
    Path("net.rules").write_text(RULES + "[lr]\nhead: name ~ head -> lr_scale = 10\n")
    done = run("--paramrules")
    done.assert_outcomes(passed=4, failed=2)
    done.stdout.fnmatch_lines(["error[[]W201]*", "error[[]E205]*"])


def test_severities_of_the_settings_count(run: Pytest) -> None:
    Path("net.rules").write_text(RULES + "[lr]\nhead: name ~ head -> lr_scale = 10\nrest: else\n")
    run("--paramrules").assert_outcomes(passed=6)
    Path("paramrules.toml").write_text(SETTINGS + '[severity]\nW201 = "error"\n')
    run("--paramrules").assert_outcomes(passed=4, failed=2)


def test_a_model_that_cannot_be_built(run: Pytest) -> None:
    Path("net.py").write_text(MODEL.replace("return", "raise OSError(5)\n    return", 1))
    done = run("--paramrules")
    done.assert_outcomes(failed=6)
    assert done.stderr.str().count("built") <= 2
    done.stdout.fnmatch_lines(["error[[]E702]: building `net.py:make` failed: OSError: 5", "*net.py:*"])


def test_other_exceptions_have_their_traceback(run: Pytest, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("paramrules.projects.Target.options_for", lambda *_: broken(None))
    done = run("--paramrules", "-k", "not wide")
    done.assert_outcomes(failed=3, deselected=3)
    assert "ZeroDivisionError" in done.stdout.str()


def test_mistakes_in_the_settings_stop_pytest(run: Pytest) -> None:
    Path("paramrules.toml").write_text("target = 1\n")
    done = run("--paramrules")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["ERROR: error[[]E932]: `target` is not a key of the settings"])


OTHER = '[[targets]]\nrules = "other.rules"\nmodels = ["net.py:make"]\n'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no_decay: ndm <= 1\n", "error[[]E301]: *`ndm`*"),
        ("let norm = ndim == 1\n", "error[[]E311]*"),  # definitions alone
    ],
)
def test_a_rule_file_with_errors_is_one_test_that_fails(run: Pytest, text: str, message: str) -> None:
    Path("other.rules").write_text(text)
    Path("paramrules.toml").write_text(SETTINGS + OTHER)
    done = run("--paramrules", "-v")
    done.assert_outcomes(passed=6, failed=1)
    done.stdout.fnmatch_lines(["paramrules::other.rules::check FAILED*", message])
    Path("paramrules.toml").write_text(SETTINGS + OTHER.replace('"net.py:make"', ""))
    failed = 0 if "let" in text else 1  # a target without models is only checked
    run("--paramrules").assert_outcomes(passed=6, failed=failed)


def test_a_lock_is_a_test(run: Pytest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("paramrules.locks.locked.versions_of", lambda inventory: {})
    assert CliRunner().invoke(main, ["lock", "-q"]).exit_code == 0
    done = run("--paramrules", "-v")
    done.assert_outcomes(passed=7)
    done.stdout.fnmatch_lines(["paramrules::net.rules::lock PASSED*"])
    Path("net.rules").write_text(RULES.replace("ndim <= 1", 'ndim <= 1 and leaf != "bias"'))
    done = run("--paramrules", "-k", "lock")
    done.assert_outcomes(failed=1, deselected=6)
    done.stdout.fnmatch_lines(
        [
            "error[[]E901]: `net.rules.lock` is stale: on `net.py:make`, 1 tensor moved; on `net.py:wide`, *",
            "  = help: if that is meant, run `paramrules lock` and commit `net.rules.lock`",
            "net.rules on net.py:make:",
            "moved from  to     settings             tensors  parameters  names",
            "no_decay    decay  weight_decay 0 -> -        1           4  fc.bias",
            "FAILED paramrules::net.rules::lock - error[[]E901]*",
        ]
    )


def test_a_stale_lock_shows_what_lock_check_prints(run: Pytest) -> None:
    rules = "option rate = {}\nall: else -> lr_scale = rate\n"
    Path("net.rules").write_text(rules.format(0.5))
    assert CliRunner().invoke(main, ["lock", "-q"]).exit_code == 0
    Path("net.rules").write_text(rules.format(0.25))
    done = run("--paramrules", "-k", "lock")
    done.assert_outcomes(failed=1, deselected=2)
    printed = CliRunner().invoke(main, ["lock", "--check"]).stdout.splitlines()
    assert "option rate: 0.5 -> 0.25" in printed
    done.stdout.fnmatch_lines(list(filter(None, printed)))


def test_the_lock_of_a_shipped_policy_is_a_test(run: Pytest) -> None:
    """It stands beside the settings, as it does for `paramrules lock` and `paramrules ci`."""
    Path("paramrules.toml").write_text(SETTINGS.replace("net.rules", "<nanogpt@1>"))
    assert CliRunner().invoke(main, ["lock", "-q"]).exit_code == 0
    done = run("--paramrules", "-v", "-k", "lock")
    done.stdout.fnmatch_lines(["paramrules::<nanogpt@1>::lock PASSED*"])
    Path("nanogpt.rules.lock").write_text("not a lock")
    run("--paramrules", "-k", "lock").assert_outcomes(failed=1, deselected=2)


def test_names_are_escaped(run: Pytest) -> None:
    Path("net.rules").rename("n\x1b[2J\u202e.rules")
    Path("paramrules.toml").write_text(SETTINGS.replace("net.rules", "n\\u001b[2J\u202e.rules"))
    done = run("--paramrules", "-v")
    done.assert_outcomes(passed=6)
    assert "\x1b[2J" not in done.stdout.str()
    assert done.stdout.str().count("paramrules::n\\x1b[2J\\u202e.rules::net.py:make PASSED") == 1


def test_without_settings_there_is_nothing_to_test(run: Pytest) -> None:
    Path("paramrules.toml").unlink()
    assert run("--paramrules").ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_targets_that_differ_in_their_options(run: Pytest, pytester: pytest.Pytester) -> None:
    pytester.makefile(".rules", net="option rate = 0.5\nall: else -> lr_scale = rate\n")
    target = '[[targets]]\nrules = "net.rules"\nmodels = ["net.py:make"]\n'
    pytester.makefile(".toml", paramrules=f"{target}\n{target}options = {{ rate = 0.25 }}\n")
    done = run("--paramrules", "-v", "-k", "0.25")
    done.assert_outcomes(passed=1, deselected=1)
    done.stdout.fnmatch_lines(["paramrules::net.rules::net.py:make (rate = 0.25) PASSED*"])
