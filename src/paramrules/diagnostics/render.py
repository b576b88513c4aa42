"""The one shape of every finding, in a terminal and as JSON.

warning[W203]: no module of the model is a `LayrNorm`
  --> vit.rules:9:16
   |
 9 | no_decay: type(LayrNorm) or ndim <= 1
   |                ^^^^^^^^ this alternative holds for nothing
   = help: did you mean `LayerNorm`?
"""

from collections.abc import Iterator

from paramrules.diagnostics.diagnostic import Diagnostic, Place
from paramrules.diagnostics.excerpt import excerpt, label_lines
from paramrules.diagnostics.helps import Fix
from paramrules.diagnostics.message_text import a, class_name, printable, width

_BOLD, _BLUE, _RESET = "\x1b[1m", "\x1b[1;34m", "\x1b[0m"
_NARROWEST = 20
"""The least columns for a line of a file, however narrow the terminal is."""

_TONES = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "note": "\x1b[1;36m"}


def render(diagnostic: Diagnostic, *, color: bool = False, columns: int | None = None) -> str:
    """Return the finding as text, without a final line end.

    Args:
        diagnostic: the finding.
        color: whether to add ANSI escapes.
        columns: the width of the terminal, into which lines of files and their carets have to fit; None if
            nothing breaks lines.
    """
    if not isinstance(diagnostic, Diagnostic):
        what = a(class_name(type(diagnostic)))
        raise TypeError(f"`diagnostic` is {what} and should be one `Diagnostic`")
    tone = _TONES[diagnostic.severity] if color else ""
    bold, reset = (_BOLD, _RESET) if color else ("", "")
    head = (
        f"{tone}{diagnostic.severity}[{diagnostic.code}]{reset}{bold}: {printable(diagnostic.message)}{reset}"
    )
    return "\n".join([head, *_details(diagnostic, color, columns)])


def warning_text(diagnostic: Diagnostic) -> str:
    """Return the finding as the message of a Python warning.

    It begins with the code, because Python's filters match the beginning of a message, and only its first
    line. The severity is left out: Python prints the category in front.

    W203: no module of the model is a `LayrNorm`
      --> vit.rules:9:16
    """
    head = f"{diagnostic.code}: {printable(diagnostic.message)}"
    return "\n".join([head, *_details(diagnostic, color=False, columns=None)])


def _details(diagnostic: Diagnostic, color: bool, columns: int | None) -> list[str]:
    """Return the lines below the message: each place with its carets, and the help."""
    tone = _TONES[diagnostic.severity] if color else ""
    blue, reset = (_BLUE, _RESET) if color else ("", "")
    lines: list[str] = []
    places = [Place(diagnostic.span, diagnostic.label), *diagnostic.also] if diagnostic.span else []
    digits = max((len(str(place.span.line)) for place in places), default=0)
    bar = f"{blue}{' ' * (digits + 2)}|{reset}"
    for number, place in enumerate(places):
        line, column = place.span.source.position(place.span.start)
        text, *below = _excerpt(place, line, column, columns and max(_NARROWEST, columns - digits - 4))
        lines += [
            f"{blue}{' ' * (digits + 1)}-->{reset} {printable(place.span.source.name)}:{line}:{column}",
            bar,
            f"{blue} {line:>{digits}} |{reset} {text}".rstrip(),
            *(
                f"{bar} {space}{tone if number == 0 else blue}{marks}{reset}"
                for space, marks in map(_parted, below)
            ),
        ]
    if diagnostic.help:
        lines.append(f"{' ' * (digits + 2)}{blue}={reset} help: {printable(diagnostic.help)}")
    return lines


def _excerpt(place: Place, line: int, column: int, columns: int | None) -> Iterator[str]:
    """Yield the line of a place, then its carets with the label beside or below them."""
    length = place.span.end - place.span.start
    text, before, carets = excerpt(place.span.source.line(line), column - 1, length, columns)
    yield text
    marks, label = f"{' ' * before}{'^' * carets}", printable(place.label)
    if label and (columns is None or before + carets + 1 + width(label) <= columns):
        yield f"{marks} {label}"
    else:
        yield marks
        yield from label_lines(label, before, columns or 0)


def _parted(text: str) -> tuple[str, str]:
    """Split a line into the space before it and the rest, which is coloured."""
    marks = text.lstrip()
    return text[: len(text) - len(marks)], marks


def to_json(diagnostic: Diagnostic) -> dict[str, object]:
    """Return the finding as JSON values; lines and columns count from 1, `end_column` is excluded."""
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "label": diagnostic.label,
        "help": str(diagnostic.help),
        **({"fix": _fix(diagnostic.fix)} if diagnostic.fix else {}),
        **(_place(Place(diagnostic.span, diagnostic.label)) if diagnostic.span else {}),
        "also": [_place(place) | {"label": place.label} for place in diagnostic.also],
    }


def _fix(fix: Fix) -> dict[str, object]:
    return _place(Place(fix.span)) | {"text": fix.text, "safe": fix.is_safe}


def _place(place: Place) -> dict[str, object]:
    source = place.span.source
    line, column = source.position(place.span.start)
    end_line, end_column = source.position(max(place.span.start, place.span.end))
    return {
        "file": source.name,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }
