"""Everything that is said to a user about a mistake: where, what, and what to type instead.

Nothing outside this room formats an error. The others build a `Diagnostic` and collect it or raise it
inside a `RulesError`.
"""

from paramrules.diagnostics.codes import CODES, Code, covers, declare, is_undeclared
from paramrules.diagnostics.diagnostic import Diagnostic, Place
from paramrules.diagnostics.errors import RulesError, RulesWarning
from paramrules.diagnostics.render import render, to_json
from paramrules.diagnostics.source import Source, Span
from paramrules.diagnostics.suggest import a, did_you_mean

__all__ = [
    "CODES",
    "Code",
    "Diagnostic",
    "Place",
    "RulesError",
    "RulesWarning",
    "Source",
    "Span",
    "a",
    "covers",
    "declare",
    "did_you_mean",
    "is_undeclared",
    "render",
    "to_json",
]
