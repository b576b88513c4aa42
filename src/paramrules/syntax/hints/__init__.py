"""What is said about a statement that cannot be understood: what users get wrong, and what they should type.

Each hint looks at one kind of mistake and gives a finding or None; the first that knows the mistake speaks.
What no hint knows is said in general words: what does not fit, and what could stand there.
"""

from collections.abc import Callable

from paramrules.diagnostics import Diagnostic, Source
from paramrules.syntax.cut import Piece
from paramrules.syntax.hints.brackets import closing, opening
from paramrules.syntax.hints.calls import call
from paramrules.syntax.hints.dotted import dotted
from paramrules.syntax.hints.heads import head
from paramrules.syntax.hints.members import member
from paramrules.syntax.hints.mistake import Mistake
from paramrules.syntax.hints.patterns import bare, pattern
from paramrules.syntax.hints.predicates import predicate
from paramrules.syntax.hints.quotes import prefix, swallowed, unclosed
from paramrules.syntax.hints.settings import setting
from paramrules.syntax.hints.spelling import spelling, typography
from paramrules.syntax.hints.statements import statement
from paramrules.syntax.hints.verbs import among, unsaid, verb
from paramrules.syntax.parse import Failure

_HINTS: tuple[Callable[[Mistake], Diagnostic | None], ...] = (
    unclosed,
    typography,
    statement,
    head,
    member,
    prefix,
    swallowed,
    pattern,
    setting,
    call,
    bare,
    closing,
    verb,
    spelling,
    unsaid,
    among,
    dotted,
    predicate,
    opening,
)


def explain(source: Source, piece: Piece, failure: Failure) -> Diagnostic:
    """The finding for a statement that stopped making sense at `failure`."""
    mistake = Mistake(source, piece, failure)
    for hint in _HINTS:
        finding = hint(mistake)
        if finding:
            return finding
    return mistake.unexpected()
