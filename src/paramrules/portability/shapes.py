"""W815: shapes whose axes have another order in another framework."""

from collections.abc import Iterator

from paramrules.diagnostics import Diagnostic
from paramrules.rules.terms import Constant, Extent, ShapeTest, Term

_HELP = "`fan_in`, `fan_out`, `size` and `ndim` are the same in every framework"


def shape_findings(term: Term) -> Iterator[Diagnostic]:
    """Yield a warning for an extent by its position, and for a shape that differs when reversed."""
    if isinstance(term, Extent):
        yield Diagnostic(
            "W815",
            "matrices are (out, in) in torch and Equinox, (in, out) in flax and haiku",
            term.span,
            "another extent there",
            help=_HELP,
        )
    elif isinstance(term, ShapeTest) and _turns(term):
        yield Diagnostic(
            "W815",
            "matrices are (out, in) in torch and Equinox, (in, out) in flax and haiku",
            term.span,
            "the other way round there",
            help=_HELP,
        )


def _turns(test: ShapeTest) -> bool:
    """Return whether it is about a matrix: several extents, none of them 1, that differ when reversed.

    An extent of 1 belongs to a token or a table of positions, which are alike everywhere.
    """
    extents = test.extents
    ones = any(isinstance(extent, Constant) and extent.value == 1 for extent in extents)
    return len(extents) > 1 and not ones and extents != extents[::-1]
