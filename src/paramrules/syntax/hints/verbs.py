"""`name endswith "x"`, `"bias" in name`: tests of text with the words of other languages."""

import re

from paramrules.diagnostics import Diagnostic
from paramrules.syntax.hints.mistake import Mistake
from paramrules.syntax.verbs import text_test

_TEXT = re.compile(r"""[ \t]*(?:with[ \t]+)?(?:r?"([^"\n]*)"|r?'([^'\n]*)'|/([^/\s]+)/|([\w.*?^$\\|+-]+))""")

_ALONE = re.compile(r"""("[\w.]+"|'[\w.]+'|[A-Za-z_]\w*)(?=[ \t]*(?:$|\n|\)|->|and\b|or\b))""")

_LIST = re.compile(r"[\[{]([^\[\]{}\n]*[^\[\]{}\s][^\[\]{}\n]*)[\]}]")


def verb(mistake: Mistake) -> Diagnostic | None:
    """`name endswith "x"`, `name not contains x`, `name =~ x`."""
    found = mistake.found
    negated = mistake.last == "NOT" and len(mistake.stack) > 1
    if not (negated or mistake.wants_operator):
        return None
    written = _TEXT.match(mistake.after, len(found))
    if not found or written is None:
        return None
    subject = mistake.operand(-2 if negated else -1)
    test = text_test(found, subject, next(filter(None, written.groups()), ""), negated=negated)
    if not test:
        return None
    return mistake.finding(f"`{found}` is no operator", help=f"write `{test}`")


def unsaid(mistake: Mistake) -> Diagnostic | None:
    """`name "bias"`, `role bias`."""
    subject, written = mistake.operand(-1), _ALONE.match(mistake.after)
    operator = {"name": "~", "leaf": "==", "module": "~", "role": "==", "dtype": "=="}.get(subject)
    if not mistake.wants_operator or not operator or not written:
        return None
    text = written[1].strip("\"'")
    shown = f'"{text}"' if subject == "leaf" else text
    return mistake.finding(
        f"nothing says how `{subject}` and `{text}` are compared",
        help=f"write `{subject} {operator} {shown}`",
    )


def among(mistake: Mistake) -> Diagnostic | None:
    """`name in ["a"]`, `"norm" in name`, `bias not in name`."""
    if mistake.last != "IN":
        return None
    negated = mistake.before_last == "NOT"
    looked_for = mistake.operand(-3 if negated else -2).strip("\"'")
    if mistake.found in ("name", "leaf", "module") and looked_for != mistake.found:
        test = text_test("contains", mistake.found, looked_for, negated=negated)
        return mistake.finding("what is looked at stands on the left", help=f"write `{test}`")
    listed = _LIST.match(mistake.after)
    words = re.findall(r"[^\s,\"']+", listed[1]) if listed else ["a", "b"]
    shown = ", ".join(word if word.isdecimal() else f'"{word}"' for word in words)
    return mistake.finding("`in` needs a list in round brackets", help=f"write `in ({shown})`")
