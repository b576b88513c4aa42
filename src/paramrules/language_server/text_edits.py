"""Edits of a document: formatting, and the fixes behind the helps."""

from collections.abc import Sequence
from typing import Final

from lsprotocol import types

from paramrules.diagnostics import Fix
from paramrules.fixing import fix_text, fixes_between
from paramrules.formatting import format_rules
from paramrules.language_server.document import Document
from paramrules.language_server.models import REBUILD
from paramrules.language_server.published import published
from paramrules.syntax.decode import normalised

FIX_ALL: Final = "source.fixAll.paramrules"
"""The kind of the action that applies all safe fixes, for `editor.codeActionsOnSave` and its like."""

Action = types.CodeAction | types.Command


def edits(document: Document, after: str) -> list[types.TextEdit]:
    """Return the edit that turns a document into another text: one edit of what lies between the ends that
    both have in common, none if they differ in line ends alone."""
    old, new = normalised(document.text), normalised(after)
    if old == new:
        return []
    start = _common(old, new)
    kept = _common(old[start:][::-1], new[start:][::-1])
    written = new[start : len(new) - kept]
    if "\r\n" in document.text:
        written = written.replace("\n", "\r\n")
    return [types.TextEdit(document.lines.range(start, len(old) - kept), written)]


def _common(one: str, other: str) -> int:
    """Return the length of the beginning that two texts have in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (a, b) in pairs if a != b), min(len(one), len(other)))


def formatting(document: Document) -> list[types.TextEdit]:
    """Return the edits that format a document.

    Raises:
        RulesError: the errors of `format_rules`.
    """
    return edits(document, format_rules(document.text, document.source.name))


def actions(document: Document, range: types.Range, only: Sequence[str] | None) -> list[Action]:
    """Return the fixes of what is found in a range, and one action for all that is safe to fix.

    On the first line, where it is said that a model is not built, there is one that builds it. A fix is
    offered only if it makes the text better (see `paramrules.fixing`).
    """
    fixes = [fix for finding in document.file_findings if (fix := finding.fix)]
    found: list[Action] = []
    if fixes and _is_wanted(types.CodeActionKind.QuickFix, only):
        found += _quick_fixes(document, range)
    if any(each.code in ("N981", "N982") for each in document.model_findings) and range.start.line == 0:
        found.append(types.Command("Build the models of this file", REBUILD, arguments=[document.uri]))
    if any(fix.is_safe for fix in fixes) and _is_wanted(FIX_ALL, only):
        fixed = fix_text(document.text, document.place)
        if fixed.applied:
            edit = _workspace_edit(document, fixed.file.after)
            found.append(types.CodeAction("Apply all safe fixes", FIX_ALL, edit=edit))
    return found


def _is_wanted(kind: str, only: Sequence[str] | None) -> bool:
    """Return whether a kind is among those asked for, each of which stands for all kinds below it."""
    return not only or any(kind == each or kind.startswith(f"{each}.") for each in only)


def _quick_fixes(document: Document, range: types.Range) -> list[types.CodeAction]:
    start, end = document.lines.offset(range.start), document.lines.offset(range.end)
    actions = []
    for fixed in fixes_between(document.text, document.place, start, end):
        finding, *_ = fixed.found
        fix = finding.fix
        assert fix is not None
        actions.append(
            types.CodeAction(
                _title(fix),
                types.CodeActionKind.QuickFix,
                diagnostics=[published(finding, document)],
                is_preferred=fix.is_safe or None,
                edit=_workspace_edit(document, fixed.file.after),
            )
        )
    return actions


def _title(fix: Fix) -> str:
    if not fix.span.text:
        return f"Insert `{fix.text}`"
    return f"Replace `{fix.span.text}` with `{fix.text}`" if fix.text else f"Remove `{fix.span.text}`"


def _workspace_edit(document: Document, after: str) -> types.WorkspaceEdit:
    return types.WorkspaceEdit({document.uri: edits(document, after)})
