"""Running statistics among what is handed over as parameters, where no module says that they are none."""

from collections.abc import Iterator, Sequence

from paramrules.diagnostics import Diagnostic
from paramrules.inventories import Owner

_PAIRS = {"mean": "var", "running_mean": "running_var"}
"""What flax and torch call the two statistics of a batch norm."""


def likely_statistics(names: Sequence[str], owners: Sequence[Owner]) -> Iterator[Diagnostic]:
    """W513 where a module that nobody knows holds a mean and a variance, once for all such modules.

    A state of linen or NNX that was merged with the parameters, or stands in their place, has them. Nothing
    moves them by gradients, but decay does.
    """
    means = [number for number, name in enumerate(names) if name.endswith(tuple(_PAIRS))]
    known = set(names) if means else set()
    found = [
        (names[number], beside)
        for number in means
        if not owners[number].known and (beside := _beside(names[number])) in known
    ]
    if not found:
        return
    (mean, variance), more = found[0], len(found) - 1
    yield Diagnostic(
        "W513",
        f"`{mean}` and `{variance}` look like running statistics, which no optimizer trains"
        + (f" (and {more} more such pairs)" if more > 1 else " (and one more such pair)" if more else ""),
        help="hand over the parameters alone: linen's `variables[\"params\"]`, NNX's "
        "`nnx.state(model, nnx.Param)`; if they are trained, say so above a rule: `# allow: W513 -- why`",
    )


def _beside(name: str) -> str | None:
    """What the variance beside this mean would be called; None for any other name."""
    module, dot, leaf = name.rpartition(".")
    return f"{module}{dot}{_PAIRS[leaf]}" if leaf in _PAIRS else None
