"""Running statistics that are passed as parameters, in a tree that does not know its modules."""

from collections.abc import Iterator, Sequence

from paramrules.backends import Diagnostic, Owner

_PAIRS = {"mean": "var", "running_mean": "running_var"}
"""The names that flax and torch give the two statistics of a batch norm."""


def likely_statistics(names: Sequence[str], owners: Sequence[Owner]) -> Iterator[Diagnostic]:
    """Yield W513 once, if modules of unknown class hold a mean and a variance.

    A state of linen or NNX, merged with the parameters or in their place, does. Gradients leave statistics
    alone, but decay moves them.
    """
    together = "\n".join(names)
    if not any(mean in together for mean in _PAIRS):  # less than to ask each of the names
        return
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
        help="pass the parameters alone: linen's `variables[\"params\"]`, NNX's "
        "`nnx.state(model, nnx.Param)`; if they are trained, say so above a rule: `# allow: W513 -- why`",
    )


def _beside(name: str) -> str | None:
    """Return the name of the variance beside a mean; None for any other name."""
    module, dot, leaf = name.rpartition(".")
    return f"{module}{dot}{_PAIRS[leaf]}" if leaf in _PAIRS else None
