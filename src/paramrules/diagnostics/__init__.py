"""Everything a user reads about a mistake: where it is, what it is, and what to type instead.

Only this room formats errors. The others build a `Diagnostic` and collect it, or raise it in a `RulesError`.
"""

from typing import TYPE_CHECKING

from paramrules.diagnostics.annotations import annotations, notice
from paramrules.diagnostics.codes import CODES, SEVERITIES, Code, covers, declare, is_known, is_undeclared
from paramrules.diagnostics.diagnostic import Diagnostic, Place
from paramrules.diagnostics.errors import RulesError, RulesWarning
from paramrules.diagnostics.helps import Fix, Help, helping, write
from paramrules.diagnostics.message_text import (
    a,
    class_name,
    did_you_mean,
    enumerated,
    listed,
    meant,
    plural,
    printable,
    said_by,
)
from paramrules.diagnostics.render import render, to_json, warning_text
from paramrules.diagnostics.source import Source, Span
from paramrules.diagnostics.together import count_text, distinct, together
from paramrules.lazy_names import importer

if TYPE_CHECKING:
    from paramrules.diagnostics.sarif import to_sarif

__all__ = [
    "CODES",
    "SEVERITIES",
    "Code",
    "Diagnostic",
    "Fix",
    "Help",
    "Place",
    "RulesError",
    "RulesWarning",
    "Source",
    "Span",
    "a",
    "annotations",
    "class_name",
    "count_text",
    "covers",
    "declare",
    "did_you_mean",
    "distinct",
    "enumerated",
    "helping",
    "is_known",
    "is_undeclared",
    "listed",
    "meant",
    "notice",
    "plural",
    "printable",
    "render",
    "said_by",
    "to_json",
    "to_sarif",
    "together",
    "warning_text",
    "write",
]

if not TYPE_CHECKING:  # for type checkers a misspelt name is an error
    __getattr__ = importer(__name__, {"to_sarif": f"{__name__}.sarif"})
