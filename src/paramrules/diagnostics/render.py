"""The one shape that every error and warning has, in a terminal and as JSON.

warning[W203]: no module of the model is a `LayrNorm`
  --> vit.rules:9:16
   |
 9 | no_decay: type(LayrNorm) or ndim <= 1
   |                ^^^^^^^^ this alternative holds for nothing
   = help: did you mean `LayerNorm`?
"""

from paramrules.diagnostics.diagnostic import Diagnostic, Place

_BOLD, _RED, _YELLOW, _BLUE, _RESET = "\x1b[1m", "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m", "\x1b[0m"


def render(diagnostic: Diagnostic, *, color: bool = False) -> str:
    """The finding as text, without a final line end. `color` adds ANSI escapes."""
    tone = (_RED if diagnostic.is_error else _YELLOW) if color else ""
    blue, bold, reset = (_BLUE, _BOLD, _RESET) if color else ("", "", "")
    lines = [
        f"{tone}{diagnostic.severity}[{diagnostic.code}]{reset}{bold}: {_visible(diagnostic.message)}{reset}"
    ]
    places = [Place(diagnostic.span, diagnostic.label), *diagnostic.also] if diagnostic.span else []
    width = max((len(str(p.span.source.position(p.span.start)[0])) for p in places), default=0)
    bar = f"{blue}{' ' * (width + 2)}|{reset}"
    for number, place in enumerate(places):
        line, column = place.span.source.position(place.span.start)
        text = place.span.source.line(line)
        first, carets = _underline(text, column, place)
        lines.append(f"{blue}{' ' * (width + 1)}-->{reset} {place.span.source.name}:{line}:{column}")
        lines.append(bar)
        lines.append(f"{blue} {line:>{width}} |{reset} {_visible(text)}".rstrip())
        mark = f"{tone if number == 0 else blue}{carets}{' ' + place.label if place.label else ''}{reset}"
        lines.append(f"{bar} {' ' * first}{mark}")
    if diagnostic.help:
        lines.append(f"{' ' * (width + 2)}{blue}={reset} help: {_visible(diagnostic.help)}")
    return "\n".join(lines)


def to_json(diagnostic: Diagnostic) -> dict[str, object]:
    """The finding as JSON values; lines and columns count from 1, `end_column` is not included."""
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


def _underline(text: str, column: int, place: Place) -> tuple[int, str]:
    """The width of what stands before the carets, and the carets, in characters as they are shown."""
    before = text[: column - 1]
    marked = text[column - 1 : column - 1 + max(1, place.span.end - place.span.start)]
    return len(_visible(before)), "^" * max(1, len(_visible(marked)))


def _visible(text: str) -> str:
    """Control characters, which could move a terminal's cursor, as escapes; a tab as one space."""
    return "".join(
        c if c.isprintable() else " " if c == "\t" else c.encode("unicode_escape").decode() for c in text
    )
