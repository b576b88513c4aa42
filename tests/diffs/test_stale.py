"""Checking a lock: what is compared, and what is named as the reason."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support import inventory_of

import paramrules
from paramrules import Assignment
from paramrules.diffs.stale import check_lock, write_lock
from paramrules.inventories import vocabulary as words
from paramrules.inventories.own_vocabulary import using
from paramrules.locks import Lock, read_lock

UNIT = "acme_norms.layers.UnitScale"
ROWS: list[Any] = [
    *({"name": f"h.{i}.scale.gain", "owner": UNIT, "shape": [4, 1]} for i in range(2)),
    {"name": "head.weight", "owner": "torch.nn.Linear", "shape": [4, 4]},
]
RULES = "no_decay: type(RMSNorm) or name ~ bias\ndecay: else\n"


def assigned(text: str = RULES, rows: list[Any] | None = None) -> Assignment:
    return paramrules.assign(paramrules.parse(text, "net.rules"), inventory_of(rows or ROWS))


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    path = tmp_path / "net.rules.lock"
    paramrules.lock({"net": assigned()}).save(path)
    return path


def reasons(lock: Path, now: Assignment, **how: Any) -> str:
    """The message about a stale lock behind its name, "" if it is up to date."""
    found = check_lock(lock, paramrules.lock({"net": now}), assignments=[now], **how).findings
    assert [each.code for each in found] in ([], ["E901"])
    return found[0].message.partition("is stale: ")[2] if found else ""


@pytest.fixture
def joined(monkeypatch: pytest.MonkeyPatch, lock: Path) -> Iterator[None]:
    """After the lock was written, an entry joins the vocabulary."""
    shipped = words.shipped_tables()
    more = {**shipped.families, "RMSNorm": (*shipped.families["RMSNorm"], "acme_norms.UnitScale")}
    monkeypatch.setattr(words, "shipped_tables", lambda: shipped._replace(families=more))
    words.vocabulary.cache_clear()
    words.extended.cache_clear()
    yield
    words.vocabulary.cache_clear()
    words.extended.cache_clear()


@pytest.mark.usefixtures("joined")
def test_the_entry_that_moved_parameters_is_named(lock: Path) -> None:
    assert reasons(lock, assigned()) == (
        "on `net`, 2 tensors moved; without `acme_norms.UnitScale` in the family `RMSNorm` of `paramrules`, "
        "2 of these would be where they were"
    )
    one = [{**row, "name": row["name"].replace("1.scale.gain", "1.scale.bias")} for row in ROWS]
    paramrules.lock({"net": assigned(RULES.replace("type(RMSNorm) or ", ""), one)}).save(lock)
    assert reasons(lock, assigned(rows=one)).endswith("1 of these would be where it was")


@pytest.mark.usefixtures("joined")
def test_a_diff_of_a_lock_with_rules_names_the_entry(lock: Path) -> None:
    reason = (
        "without `acme_norms.UnitScale` in the family `RMSNorm` of `paramrules`, "
        "2 of these would be where they were"
    )
    rules = paramrules.parse(RULES, "net.rules")
    found = paramrules.diff(lock, rules, inventory_of(ROWS))
    assert found.reasons == (reason,)
    assert str(found).endswith(f"\n{reason}\n\n2 tensors moved")
    assert paramrules.diff(read_lock(lock).models[0], assigned()).reasons == (reason,)
    assert paramrules.diff(assigned(), lock).reasons == ()
    assert paramrules.diff(lock, lock).reasons == ()


@pytest.mark.usefixtures("joined")
@pytest.mark.parametrize(
    "rules",
    [
        RULES.replace("RMSNorm", "UnitScale"),  # by the class's own name
        RULES.replace("RMSNorm", "LayerNorm|RMSNorm") + "expect decay: type(RMSNorm)\n",
        RULES.replace("type(RMSNorm)", "ndim <= 2"),
        RULES.replace("type(RMSNorm)", "type(RMSNorm) or name ~ gain"),
    ],
)
def test_an_entry_that_moved_nothing_is_not_named(rules: str, lock: Path) -> None:
    now = paramrules.examine(paramrules.parse(rules, "net.rules"), inventory_of(ROWS))
    named = "without" in reasons(lock, now)
    assert named == ("LayerNorm|" in rules)


@pytest.mark.usefixtures("joined")
def test_without_the_entry_there_may_be_no_groups(lock: Path) -> None:
    rules = "no_decay: type(RMSNorm)\ndecay: else -> lr_scale = 1 / (shape[1] - 1)\n"
    rows = [row for row in ROWS if "gain" in row["name"]]
    assert reasons(lock, assigned(rules, rows)).endswith("2 tensors moved, 1 went")


def test_a_class_of_the_parameter_itself(lock: Path) -> None:
    rows = [{**ROWS[0], "variable": "torch.nn.Parameter"}, *ROWS[1:]]
    assert reasons(lock, assigned("no_decay: variable(Parameter)\ndecay: else\n", rows)) == (
        "on `net`, 3 tensors moved"
    )


@pytest.mark.usefixtures("joined")
def test_classes_of_parameters_that_are_not_known(lock: Path) -> None:
    now = assigned()
    now.inventory.unknown = {"variable": "a reason"}
    assert "2 of these would be where they were" in reasons(lock, now)


GAINS = "no_decay: role == scale\ndecay: else\n"


def scales(role: str) -> list[Any]:
    """The model as a vocabulary describes it that gives the gains this role; one gain has two names."""
    first, second, head = ROWS
    tied = [{"name": "other.gain", "owner": UNIT, "role": role}]
    return [{**first, "role": role}, {**second, "role": role, "also": tied}, head]


@pytest.mark.usefixtures("joined")
def test_an_entry_of_a_family_that_gives_a_role_is_named(lock: Path) -> None:
    paramrules.lock({"net": assigned(GAINS, scales("other"))}).save(lock)
    assert reasons(lock, assigned(GAINS, scales("scale"))) == (
        "on `net`, 2 tensors moved; without `acme_norms.UnitScale` in the family `RMSNorm` of `paramrules`, "
        "2 of these would be where they were"
    )


@pytest.mark.usefixtures("joined")
def test_roles_from_elsewhere_stay(lock: Path) -> None:
    """A backend's own role, or one that an older version has saved."""
    paramrules.lock({"net": assigned(GAINS, scales("scale"))}).save(lock)
    assert reasons(lock, assigned(GAINS, scales("bias"))) == "on `net`, 2 tensors moved"


def test_a_table_of_roles_is_named(lock: Path, tmp_path: Path) -> None:
    paramrules.lock({"net": assigned(GAINS, scales("other"))}).save(lock)
    mine = tmp_path / "mine.toml"
    mine.write_text(f'[[roles]]\nclasses = ["{UNIT}"]\nscale = ["gain"]\n')
    with using(words.own_files(mine)):
        now = assigned(GAINS, scales("scale"))
    assert reasons(lock, now) == (
        f"on `net`, 2 tensors moved; without the roles of `{UNIT}` in `{mine}`, "
        "2 of these would be where they were"
    )


def test_the_header_is_compared_as_it_is_written(lock: Path) -> None:
    (section,) = read_lock(lock)
    for changed, reason in (
        (
            {"rules": "old.rules"},
            f"on `net`, the rule file is `{lock.parent}/net.rules` now, not `{lock.parent}/old.rules`",
        ),
        ({"framework": "optax"}, "on `net`, the framework is `torch` now, not `optax`"),
    ):
        Lock((replace(section, **changed),)).save(lock)
        assert reasons(lock, assigned()) == reason
        assert write_lock(lock, paramrules.lock({"net": assigned()}))
        assert reasons(lock, assigned()) == ""


def test_a_model_stands_for_another_unless_names_count(lock: Path) -> None:
    (section,) = read_lock(lock)
    Lock((replace(section, model="other"),)).save(lock)
    assert reasons(lock, assigned()) == ""
    assert reasons(lock, assigned(), by_name=True) == "it lacks `net`; it has `other` besides"


def test_a_backslash_in_a_path_is_a_slash(lock: Path) -> None:
    now = assigned()
    for written, same in ((r"models\net.py:Net", True), ("models/net.py:Net", True), ("net.py:Net", False)):
        (section,) = read_lock(lock)
        Lock((replace(section, model=written),)).save(lock)
        found = check_lock(lock, paramrules.lock({"models/net.py:Net": now}), by_name=True).findings
        assert (not found) == same
    text = r"net.py:make('a\b')"
    Lock((replace(section, model=text),)).save(lock)
    assert not check_lock(lock, paramrules.lock({text: now}), by_name=True).findings
    other = paramrules.lock({text.replace("\\", "/"): now})
    assert check_lock(lock, other, by_name=True).findings
