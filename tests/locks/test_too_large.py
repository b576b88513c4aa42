"""A lock that could not be read is not written, and one at the limits is."""

from pathlib import Path

import pytest
from support import inventory_of

import paramrules
from paramrules.locks import Lock, limits, parse_lock
from paramrules.locks.too_large import _most_work
from paramrules.locks.unfold_tree import Tree, TreeFault
from paramrules.locks.write import written


def lock_of(names: list[str], rules: str = "all: else", models: int = 1) -> Lock:
    made = paramrules.assign(
        paramrules.parse(rules), inventory_of([{"name": name, "shape": [4]} for name in names])
    )
    return paramrules.lock({f"m{number}.json": made for number in range(models)})


def refusal(lock: Lock) -> str:
    with pytest.raises(paramrules.RulesError) as caught:
        written(lock.models)
    return str(caught.value)


NAMES = [f"h.{i}.w" for i in range(6)]
NUMBERED = "b_{i}: name ~ (?<i>\\d+)"


@pytest.mark.parametrize("models", [1, 2])
@pytest.mark.parametrize(
    ("limit", "held", "rules", "has"),
    [
        ("TENSORS", 6, "all: else", "12 tensors; at most 11 are read"),
        ("LABELS", 6, NUMBERED, "12 labels; at most 11 are read"),
    ],
)
def test_counts(
    limit: str, held: int, rules: str, has: str, models: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = lock_of(NAMES, rules, models)
    monkeypatch.setattr(limits, limit, held * models)
    assert parse_lock(written(lock.models)) == lock
    monkeypatch.setattr(limits, limit, held * models - 1)
    shown = has if models == 2 else has.replace("12", "6").replace("11", "5")
    text = refusal(lock)
    assert text.strip().startswith(
        f"error[E977]: a lock of {models} model{'s' * (models > 1)} would have {shown}\n"
    )
    assert ("lock the models apart" in text) is (models == 2)
    assert ("`paramrules.diff`" in text) is (models == 1)


def test_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    lock = lock_of(NAMES)
    size = len(written(lock.models))
    monkeypatch.setattr(limits, "BYTES", size)
    assert parse_lock(written(lock.models)) == lock
    monkeypatch.setattr(limits, "BYTES", size - 1)
    assert "would have a text of more than 0 MiB" in refusal(lock)


@pytest.mark.parametrize("rules", ["all: else", f"{NUMBERED}\nrest?: else"])
def test_work(rules: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal begins where the reader's does: for each limit, one is as the other."""
    lock = lock_of([*NAMES, *(f"{'x' * 20}.{i}.{j}" for i in range(3) for j in (1, 4, 5))], rules)
    text = written(lock.models)
    seen = set()
    for work in range(0, 4000, 10):
        monkeypatch.setattr(limits, "WORK", work)
        try:
            parse_lock(text)
        except paramrules.RulesError:
            seen.add(False)
            assert "names and labels of `m0.json` that are too long together" in refusal(lock)
        else:
            seen.add(True)
            assert written(lock.models) == text
    assert seen == {True, False}


def test_the_bound_of_the_work_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused lock could have been read: the bound is enough for patterns, which have most lines."""
    names = [
        f"h.{i}.{part}.{leaf}"
        for i in range(24)
        for part in (("a", "n") if i % 3 else ("m", "n"))
        for leaf in ("w", "b")
    ]
    for each in (
        lock_of(names),
        lock_of(names, NUMBERED),
        lock_of(["w"]),
        lock_of(["a.0.0", "a.0.1", "a.1.0", "a.1.1"]),
    ):
        text = written(each.models)
        tree = text.split("parameters\n")[1].split("\nend")[0].split("\n")
        monkeypatch.setattr(limits, "WORK", _most_work(each.models[0], tree))
        assert sum(1 for _ in Tree(tree).leaves()) == len(each.models[0])
        monkeypatch.undo()
    monkeypatch.setattr(limits, "WORK", 1)
    with pytest.raises(TreeFault, match="too long together"):
        list(Tree(tree).leaves())


def test_a_file_that_is_there_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "net.rules.lock"
    path.write_text("old\n", "utf-8")
    lock = lock_of(NAMES)
    monkeypatch.setattr(limits, "TENSORS", 5)
    with pytest.raises(paramrules.RulesError, match="E977"):
        lock.save(path)
    assert path.read_text("utf-8") == "old\n"
