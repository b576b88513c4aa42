"""The one shape of every finding, in a terminal and as JSON.

warning[W203]: no module of the model is a `LayrNorm`
  --> vit.rules:9:16
   |
 9 | no_decay: type(LayrNorm) or ndim <= 1
   |                ^^^^^^^^ this alternative holds for nothing
   = help: did you mean `LayerNorm`?
"""

from paramrules.diagnostics.diagnostic import Diagnostic, Place
from paramrules.diagnostics.message_text import printable, width

_BOLD, _BLUE, _RESET = "\x1b[1m", "\x1b[1;34m", "\x1b[0m"
_TONES = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "note": "\x1b[1;36m"}


def render(diagnostic: Diagnostic, *, color: bool = False) -> str:
    """Return the finding as text, without a final line end. `color` adds ANSI escapes."""
    tone = _TONES[diagnostic.severity] if color else ""
    bold, reset = (_BOLD, _RESET) if color else ("", "")
    head = (
        f"{tone}{diagnostic.severity}[{diagnostic.code}]{reset}{bold}: {printable(diagnostic.message)}{reset}"
    )
    return "\n".join([head, *_details(diagnostic, color)])


def warning_text(diagnostic: Diagnostic) -> str:
    """Return the finding as the message of a Python warning.

    It begins with the code, because Python's filters match the beginning of a message, and only its first
    line. The severity is left out: Python prints the category in front.

    W203: no module of the model is a `LayrNorm`
      --> vit.rules:9:16
    """
    head = f"{diagnostic.code}: {printable(diagnostic.message)}"
    return "\n".join([head, *_details(diagnostic, color=False)])


def _details(diagnostic: Diagnostic, color: bool) -> list[str]:
    """Return the lines below the message: each place with its carets, and the help."""
    tone = _TONES[diagnostic.severity] if color else ""
    blue, reset = (_BLUE, _RESET) if color else ("", "")
    lines: list[str] = []
    places = [Place(diagnostic.span, diagnostic.label), *diagnostic.also] if diagnostic.span else []
    digits = max((len(str(place.span.line)) for place in places), default=0)
    bar = f"{blue}{' ' * (digits + 2)}|{reset}"
    for number, place in enumerate(places):
        line, column = place.span.source.position(place.span.start)
        text = place.span.source.line(line)
        before, carets = _underline(text, column, place)
        label = f" {printable(place.label)}" if place.label else ""
        lines += [
            f"{blue}{' ' * (digits + 1)}-->{reset} {printable(place.span.source.name)}:{line}:{column}",
            bar,
            f"{blue} {line:>{digits}} |{reset} {printable(text)}".rstrip(),
            f"{bar} {before}{tone if number == 0 else blue}{carets}{label}{reset}",
        ]
    if diagnostic.help:
        lines.append(f"{' ' * (digits + 2)}{blue}={reset} help: {printable(diagnostic.help)}")
    return lines


def to_json(diagnostic: Diagnostic) -> dict[str, object]:
    """Return the finding as JSON values; lines and columns count from 1, `end_column` is excluded."""
    return {
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "label": diagnostic.label,
        "help": diagnostic.help,
        **(_place(Place(diagnostic.span, diagnostic.label)) if diagnostic.span else {}),
        "also": [_place(place) | {"label": place.label} for place in diagnostic.also],
    }


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


def _underline(text: str, column: int, place: Place) -> tuple[str, str]:
    """Return the space before the carets and the carets, as wide as the text is shown.

    A span that goes on in further lines is underlined to the end of this one, without trailing space.
    """
    before, rest = text[: column - 1], text[column - 1 :]
    length = place.span.end - place.span.start
    marked = rest[:length] if length <= len(rest) else rest.rstrip()
    return " " * width(printable(before)), "^" * max(1, width(printable(marked)))
