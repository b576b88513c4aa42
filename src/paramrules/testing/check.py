"""check_backend: a backend held against its contract and against the language's meaning."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from paramrules.diagnostics import a
from paramrules.inventories import UNKNOWN_OWNER, Class, Inventory, Parameter
from paramrules.testing.models import Module, differing, model_of
from paramrules.testing.outcome import difference, expected_of, run, write
from paramrules.testing.suite import Case, cases

Build = Callable[[Module], Any]


@dataclass(frozen=True)
class Report:
    """The cases that `check_backend` ran.

    Attributes:
        passed: the number of cases that came out as expected.
        left_out: the number of cases left out for each fact that the framework cannot show.
    """

    passed: int
    left_out: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        rest = ", ".join(f"{count} for `{fact}`" for fact, count in self.left_out.items())
        return f"{self.passed} cases passed" + (f", left out {rest}" if rest else "")


def check_backend(backend: Any, build: Build, *, cannot: Mapping[str, str] | None = None) -> Report:
    """Run every case of the language's meaning on models of a backend's framework.

    Args:
        backend: the object that the entry point in `paramrules.backends` names.
        build: makes a model of the framework from a neutral description, with classes of the names that it
            lists. Parameters may come in another order.
        cannot: the facts that the framework cannot show, each with the reason. A case whose rules read a
            fact that the built model reports differently from the description is left out if the fact is
            here, and fails otherwise. Beside the language's fields: `name`, `shape`, `tied`, `type`,
            `within`, `variable`, `attr`, `module_attr`, `layer_groups` (which a case's modules say by an
            attribute), `unknown` (the model lacks a fact that the description has) and `known` (the reverse).

    Returns:
        How many cases passed and how many were left out, by fact.

    Raises:
        AssertionError: the backend breaks its contract, or cases come out differently; lists each of them.
            So does an entry of `cannot` that no case needs.

    References:
        The format of the cases: `paramrules/testing/cases/README.md`.

    >>> check_backend(backend, build, cannot={"trainable": "arrays cannot be frozen"})
    Report(passed=372, left_out={'trainable': 7})
    """
    cannot = cannot or {}
    every = list(cases())
    _check_contract(backend, build(model_of(every[0])))
    left_out: Counter[str] = Counter()
    wrong = []
    passed = 0
    with TemporaryDirectory() as folder:
        for number, case in enumerate(every):
            place = Path(folder) / str(number)
            place.mkdir()
            facts, failure = check_case(case, backend.inventory(build(model_of(case))), cannot, place)
            left_out.update(facts)
            passed += not facts and not failure
            wrong += [f"{case.id}: {failure}"] if failure else []
    wrong += [f"`cannot` names `{fact}`, which no case needs" for fact in cannot if fact not in left_out]
    if wrong:
        shown = "\n".join(wrong[:20])
        more = f"\n... and {len(wrong) - 20} more" if len(wrong) > 20 else ""
        raise AssertionError(
            f"`{backend.name}` differs in {len(wrong)} of {len(every)} cases:\n{shown}{more}"
        )
    return Report(passed, dict(left_out))


def check_case(
    case: Case, inventory: Inventory, cannot: Mapping[str, str], folder: Path
) -> tuple[Sequence[str], str]:
    """Run one case on the inventory of a built model, writing its files into an empty folder.

    Returns the facts for which it is left out, none if it ran, and the difference in words, "" if none.
    """
    facts = differing(case, inventory)
    if unexplained := [fact for fact in facts if fact not in cannot]:
        return (), f"the model reports `{unexplained[0]}` differently from its description"
    if facts:
        return facts, ""
    _, outcome = run(case, write(case, folder), inventory)
    return (), difference(expected_of(case, inventory), outcome)


def _check_contract(backend: Any, model: object) -> None:
    """Raise AssertionError where a backend lacks something that the core asks of it."""
    for member in ("name", "frameworks", "keywords", "recognises", "inventory"):
        assert hasattr(backend, member), f"the backend has no `{member}`; see `paramrules.backends.Backend`"
    name = backend.name
    assert any(framework in sys.modules for framework in backend.frameworks), (
        f"none of `{name}.frameworks`, {backend.frameworks}, is loaded while a model of its framework exists"
    )
    assert backend.recognises(model), f"`{name}` does not recognise the model that `build` made"
    assert not backend.recognises(object()), f"`{name}` recognises a bare `object()`, which is not a model"
    inventory = backend.inventory(model)
    assert isinstance(inventory, Inventory), f"`{name}.inventory` returns {a(type(inventory).__name__)}"
    assert inventory.framework == name, (
        f"the inventory's `framework` is `{inventory.framework}`, and the backend's name is `{name}`"
    )
    loaded = Inventory.from_json(inventory.to_json())
    assert _rows(loaded) == _rows(inventory), f"an inventory of `{name}` changes when it is saved and loaded"
    _check_import(backend)


def _rows(inventory: Inventory) -> list[tuple[Parameter, tuple[Class, ...]]]:
    """Return every fact about every parameter, with owners, which compare by identity, as their classes."""
    return [(replace(row, owner=UNKNOWN_OWNER), row.owner.around) for row in inventory]


def _check_import(backend: Any) -> None:
    """Raise AssertionError where importing the backend's module imports its framework."""
    module = type(backend).__module__
    code = f"import sys, {module}\nprint(*(m for m in {tuple(backend.frameworks)!r} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"`import {module}` fails:\n{done.stderr}"
    loads = done.stdout.split()
    assert not loads, f"importing `{module}` imports {', '.join(f'`{name}`' for name in loads)}"
