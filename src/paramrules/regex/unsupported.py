"""What Python's `re` has and rule files leave out, and what to write instead.

Back-references and look-around make the worst case undecidable or exponential; the others (inline flags but a
leading `(?i)`, comments, atomic groups, octal escapes) have a plainer way to be said.
"""

from paramrules.regex.faults import Refused

# What follows `(?`, in the order in which it has to be looked for.
_GROUPS = (
    ("=", "a look-ahead", "write a second test with `and`, as in `name ~ a and name ~ b`"),
    ("!", "a look-ahead", "write a second test with `and`, as in `name ~ a and name !~ b`"),
    ("<=", "a look-behind", "write what comes before as part of the regex, or a second test with `and`"),
    ("<!", "a look-behind", "write a second test with `and`, as in `name ~ b and name !~ ab`"),
    ("P=", "a back-reference", "write out the alternatives, as in `a_a|b_b`"),
    ("(", "a conditional", "write out the two cases, as in `a|b`"),
    (">", "an atomic group", "write `(?:...)`; a regex that is read is fast enough without"),
    ("#", "a comment", "end the line with `# ...` instead"),
)


def unsupported_group(text: str, start: int) -> Refused:
    """What is wrong with the group that begins with `(?` at `start`."""
    for sign, what, instead in _GROUPS:
        if text.startswith(sign, start + 2):
            return _left_out(text, start, start + 2 + len(sign), what, instead)
    end = start + 2
    while end < len(text) and text[end] in "aiLmsux-":
        end += 1
    if end == start + 2:
        end = min(end + 1, len(text))
        return Refused(
            "E401",
            f"`{text[start:end]}` begins no group",
            start,
            end,
            help=r"write `(?:...)`, `(?<name>...)`, or `\(` for the character itself",
        )
    end = min(end + 1, len(text))
    instead = "write `(?i)` at the very beginning; no other flag is needed for names"
    return _left_out(text, start, end, "a flag", instead)


def unsupported_escape(text: str, start: int, *, in_class: bool) -> None:
    """Refuse a back-reference, an octal escape or a named character at `start`."""
    letter = text[start + 1 : start + 2]
    if letter == "N":
        raise _left_out(text, start, start + 2, "a character by its name", "write the character itself")
    if not letter or letter not in "0123456789":
        return
    if letter == "0" or in_class:
        raise _left_out(text, start, start + 2, "an octal escape", r"write `\x` and two hexadecimal digits")
    raise _left_out(text, start, start + 2, "a back-reference", "write out the alternatives, as in `a_a|b_b`")


def _left_out(text: str, start: int, end: int, what: str, instead: str) -> Refused:
    return Refused(
        "E405", f"`{text[start:end]}` is {what}, which the language leaves out", start, end, help=instead
    )
