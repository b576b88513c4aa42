"""Refuse to make a lock that `read_lock` would refuse for its size."""

from collections.abc import Sequence

from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.display import counted
from paramrules.locks import limits
from paramrules.locks.locked import LockedModel
from paramrules.locks.unfold_tree import TooLong, Tree, work_of


def check_counts(models: Sequence[LockedModel]) -> None:
    """Refuse models that no lock holds, before their text is made.

    Raises:
        RulesError: E977 if they have more tensors or labels than are read.
    """
    tensors = sum(map(len, models))
    labels = sum(len(axis.slots) for model in models for axis in model.axes)
    if tensors > limits.TENSORS:
        raise _too_large(models, f"{tensors:,} tensors; at most {limits.TENSORS:,} are read")
    if labels > limits.LABELS:
        raise _too_large(models, f"{labels:,} labels; at most {limits.LABELS:,} are read")


def check_text(models: Sequence[LockedModel], text: str) -> None:
    """Refuse a text that is too long, or whose names would take too much work to read.

    Raises:
        RulesError: E977 if it is.
    """
    if len(text.encode()) > limits.BYTES:
        raise _too_large(models, f"a text of more than {limits.BYTES // 1024 // 1024} MiB")


def check_tree(models: Sequence[LockedModel], model: LockedModel, lines: Sequence[str]) -> None:
    """Refuse a tree whose names and labels are too long together.

    Args:
        models: all models of the lock.
        model: the one whose tree it is.
        lines: the lines of the tree. They are read only if a cheap upper bound of the work is too high.

    Raises:
        RulesError: E977 if they are.
    """
    if _most_work(model, lines) <= limits.WORK:
        return
    try:
        for _ in Tree(lines).leaves():
            pass
    except TooLong:
        raise _too_large(models, f"names and labels of `{model.model}` that are too long together") from None


def _most_work(model: LockedModel, lines: Sequence[str]) -> int:
    """Return at least the work that reading a tree takes.

    A component of a name adds two lines at most to those around a parameter (a series, and what is added to
    its numbers), and as many numbers; no parameter takes more work than the line that takes most.
    """
    deepest = 2 * max((name.count(".") + 1 for name in model.names), default=0)
    each = max((work_of(line, deepest) for line in lines), default=0)
    return deepest * sum(map(len, model.names)) + len(model) * each


def _too_large(models: Sequence[LockedModel], has: str) -> RulesError:
    apart = len(models) > 1
    return RulesError(
        Diagnostic(
            "E977",
            f"a lock of {counted(len(models), 'model')} would have {has}",
            help="lock the models apart, each into a file of its own"
            if apart
            else "compare rules on the model itself, with `paramrules.diff`",
            cli_help="lock the models apart: `paramrules lock RULES --model M -o FILE`"
            if apart
            else "compare rules on the model itself: `paramrules diff OLD NEW --model M`",
        )
    )
