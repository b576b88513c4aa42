"""Explain a statement that does not parse: which mistake it is, and what to type instead.

Each hint recognises one kind of mistake and returns a finding or None; the first finding is reported. What no
hint recognises is reported in general terms (E104): what does not fit, and what could stand there.

foreign_files       files of another kind; YAML lists and paths, which parse as arithmetic
delimiters          quotes, brackets, characters that only look right
statement_starts    lines that begin in no known way
rule_heads          labels and colons
definition_syntax         axes, `let`, `option`, `include`, `edition`
foreign_operators   operators, verbs and conditions of other languages
foreign_calls       calls, methods and dotted names of Python
foreign_values      numbers, lists and inserted names of other languages
member_calls        `type(...)`, `attr(...)`, `count(...)`
bare_patterns       regexes and globs without quotes or without a subject
operands            missing operands and operators; colons and arrows inside a predicate
setting_syntax      settings and the arrow before them
"""

from collections.abc import Callable

from paramrules.diagnostics import Diagnostic, Source
from paramrules.syntax.hints import (
    bare_patterns,
    definition_syntax,
    delimiters,
    foreign_calls,
    foreign_operators,
    foreign_values,
    member_calls,
    operands,
    rule_heads,
    setting_syntax,
    statement_starts,
)
from paramrules.syntax.hints.foreign_files import arithmetic, foreign
from paramrules.syntax.hints.mistake import Mistake
from paramrules.syntax.parser import Failure
from paramrules.syntax.statements import Piece

__all__ = ["arithmetic", "explain", "foreign"]

_HINTS: tuple[Callable[[Mistake], Diagnostic | None], ...] = (
    delimiters.unclosed,
    delimiters.typography,
    statement_starts.start,
    statement_starts.first_word,
    definition_syntax.definition,
    rule_heads.head,
    member_calls.member,
    delimiters.prefix,
    delimiters.swallowed,
    foreign_operators.comment,
    bare_patterns.pattern,
    setting_syntax.setting,
    member_calls.counted,
    foreign_calls.call,
    bare_patterns.bare,
    delimiters.closing,
    foreign_operators.verb,
    foreign_values.inserted,
    foreign_operators.operator,
    foreign_operators.unsaid,
    foreign_operators.among,
    foreign_calls.dotted,
    foreign_values.percent,
    operands.no_subject,
    operands.missing,
    operands.reserved_operand,
    foreign_values.number,
    operands.chained,
    foreign_values.listed,
    operands.colon,
    operands.arrow,
    operands.side_by_side,
    delimiters.opening,
)


def explain(source: Source, piece: Piece, failure: Failure) -> Diagnostic:
    """Return the finding for a statement that stopped making sense at `failure`."""
    mistake = Mistake(source, piece, failure)
    for hint in _HINTS:
        finding = hint(mistake)
        if finding:
            return finding
    return mistake.unexpected()
