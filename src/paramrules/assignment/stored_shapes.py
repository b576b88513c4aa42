"""The finding N216: a `shape` test that fits only what a parameter is stored as."""

from collections.abc import Iterator, Sequence

from paramrules.assignment.entry_facts import Facts
from paramrules.diagnostics import Diagnostic
from paramrules.display import counted
from paramrules.rules import terms
from paramrules.rules.model import Rules
from paramrules.rules.terms import constant_number

Extents = Sequence[float | None]


def fits_stored(rules: Rules, facts: Facts) -> Iterator[Diagnostic]:
    """Yield a note for each `shape ==` that fits stored shapes of parameters, and no logical one of them."""
    tests = {term.span: term for term in rules.terms if isinstance(term, terms.ShapeTest)}
    if not tests:
        return
    columns = facts.column("layer_shape"), facts.column("shape")
    if columns[0] is columns[1]:
        return
    unlike = [
        (n, stored, shape)
        for n, (stored, shape) in enumerate(zip(*columns, strict=True))
        if stored is not shape and tuple(stored) != tuple(shape)
    ]
    for span, test in tests.items():
        wanted = [None if each is None else constant_number(each) for each in test.extents]
        computed = any(each and number is None for each, number in zip(test.extents, wanted, strict=True))
        if test.negated or computed:
            continue
        only = [row for row in unlike if _fits(wanted, row[1]) and not _fits(wanted, row[2])]
        if only:
            number, stored, shape = only[0]
            more = f" ({counted(len(only), 'tensor')} in all)" if len(only) > 1 else ""
            yield Diagnostic(
                "N216",
                f"`{facts.names[number]}` is stored like this, and its shape is {tuple(shape)}{more}",
                span,
                f"stored as {tuple(stored)}",
                help="rules see the matrix or vector that it is in the layer; `explain` shows both",
            )


def _fits(wanted: Extents, shape: Sequence[int]) -> bool:
    return len(wanted) == len(shape) and all(
        want is None or want == extent for want, extent in zip(wanted, shape, strict=True)
    )
