"""`name.endswith("bias")`, `p.ndim`, `torch.float32`: words with dots in them."""

import re

from paramrules.diagnostics import Diagnostic
from paramrules.syntax.hints.mistake import Mistake
from paramrules.syntax.verbs import text_test

_DOTTED = re.compile(r"[\w.]+")
_LISTED = re.compile(r"\s*\(([\w., \t]*)\)")
_METHOD = re.compile(r"\.(\w+)\(([^()\n]*|\([^()\n]*\))\)")
_SEARCH = re.compile(r"""\.(search|match|fullmatch)\(r?["']([^"'\n]*)["'],[ \t]*(\w+)\)""")
_TEXT = re.compile(r"[\"']([^\"'\n]*)[\"']")
_TENSORS = frozenset({"p", "param", "parameter", "params", "v", "value", "w", "x", "tensor", "self"})
_FACTS = {
    "ndim": "ndim",
    "dim": "ndim",
    "numel": "size",
    "nelement": "size",
    "shape": "shape",
    "dtype": "dtype",
    "name": "name",
    "requires_grad": "trainable",
}
"""What Python calls a fact, and what it is called here."""


def dotted(mistake: Mistake) -> Diagnostic | None:
    """A dot behind a word, where none can stand."""
    if mistake.found[:1] != "." or mistake.last != "NAME":
        return None
    start = mistake.stack[-1].start_pos
    whole = _DOTTED.match(mistake.text, start)
    assert whole
    words = whole[0].strip(".").split(".")
    if mistake.in_settings:
        return mistake.finding(
            "text stands in quotes", help=f'write `"{words[-1]}"`', start=start, end=whole.end()
        )
    if _compared(mistake):
        return _constant(mistake, words, start, whole.end())
    message = "there are no methods and no dotted names"
    return mistake.finding(message, help=_instead(mistake, words), start=start, end=whole.end())


def _compared(mistake: Mistake) -> bool:
    return mistake.before_last == "COMPARE" or bool(mistake.open and "IN" in mistake.kinds)


def _constant(mistake: Mistake, words: list[str], start: int, end: int) -> Diagnostic:
    """`dtype == torch.float32`, `type in (nn.LayerNorm, nn.GroupNorm)`, `name == encoder.norm`."""
    place = max(n for n, kind in enumerate(mistake.kinds) if kind in ("COMPARE", "IN"))
    operator = str(mistake.stack[place])
    negated = operator == "!=" or mistake.kinds[place - 1] == "NOT"
    subject = mistake.operand(place - 2 if mistake.kinds[place - 1] == "NOT" else place - 1)
    last = [words[-1]]
    if operator == "in" and (listed := _LISTED.match(mistake.text, mistake.stack[place].end_pos)):
        last = [word.rpartition(".")[2] for word in _DOTTED.findall(listed[1])]
    if subject in ("dtype", "role"):
        operator = "not in" if operator == "in" and negated else operator
        shown = f"({', '.join(last)})" if operator.endswith("in") else last[0]
        return mistake.finding(
            f"`{subject}` is compared with a bare word",
            help=f"write `{subject} {operator} {shown}`",
            start=start,
            end=end,
        )
    if subject in ("type", "within", "variable"):
        test = f"{'not ' if negated else ''}{subject}({'|'.join(last)})"
        return mistake.finding(
            f"`{subject}` is not compared: classes stand in its brackets",
            help=f"write `{test}`",
            start=start,
            end=end,
        )
    return mistake.finding("text stands in quotes", help=f'write `"{".".join(words)}"`', start=start, end=end)


def _instead(mistake: Mistake, words: list[str]) -> str:
    first, last = words[0], words[-1]
    if first == "re" and (search := _SEARCH.match(mistake.after)):
        begin = "^" if search[1] != "search" else ""
        end = "$" if search[1] == "fullmatch" else ""
        return f"write `{text_test('search', search[3], begin + search[2] + end)}`"
    method = _METHOD.match(mistake.after)
    if method and first in ("name", "leaf", "module"):
        tests = [text_test(method[1], first, text) for text in _TEXT.findall(method[2])]
        if tests and all(tests):
            return f"write `{' or '.join(tests)}`"
        if method[1] in ("split", "rsplit", "rpartition"):
            return "write `leaf` for the last component of the name, `module` for all before it"
        if method[1] in ("lower", "upper", "casefold"):
            return f"write `{first} ~ (?i)...` for a match in any case"
    if first in _TENSORS and len(words) > 1:
        return f"write `{_FACTS.get(words[1], f'attr({words[1]})')}`"
    if mistake.text[mistake.stack[-1].start_pos :].removeprefix(".".join(words)).startswith("("):
        return "a fact about the parameter is a word of its own: `name`, `ndim`, `shape[0]`, `attr(x)`"
    if last[:1].isupper():
        return f"write `type({last})` for parameters of that class"
    return "write `name ~ ^" + r"\.".join(words) + "` for names that begin with it"
