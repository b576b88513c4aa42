"""Calls, methods and dotted names of Python.

`name.endswith("bias")`, `isinstance(module, nn.LayerNorm)`, `torch.float32`, `p.ndim`.
"""

import re

from paramrules.diagnostics import Diagnostic, write
from paramrules.syntax.hints.mistake import Mistake
from paramrules.syntax.hints.setting_syntax import FUNCTIONS
from paramrules.syntax.verbs import text_test

_CLASSES = re.compile(r"\([ \t]*\w+[ \t]*,[ \t]*\(?([\w. \t,|]+?),?[ \t]*\)")
_COMPREHENSION = re.compile(
    r"(any|all)\([ \t]*(\w+)[ \t]+(not[ \t]+)?in[ \t]+\w+[ \t]+for[ \t]+\2[ \t]+in[ \t]+[\[(]([^\])\n]*)[\])]"
)
_DOTTED = re.compile(r"[\w.]+")
_LISTED = re.compile(r"\s*\(([\w., \t]*)\)")
_METHOD = re.compile(r"\.(\w+)\(([^()\n]*|\([^()\n]*\))\)")
_SEARCH = re.compile(r"""\.(search|match|fullmatch)\(r?["']([^"'\n]*)["'],[ \t]*(\w+)\)""")
_TEXT = re.compile(r"[\"']([^\"'\n]*)[\"']")
_TENSORS = frozenset({"p", "param", "parameter", "params", "v", "value", "w", "x", "tensor", "self"})
_CONFIGURATIONS = frozenset({"cfg", "config", "conf", "args", "opts", "hparams", "hp", "flags", "FLAGS"})
_FACTS = {
    "ndim": "ndim",
    "dim": "ndim",
    "numel": "size",
    "nelement": "size",
    "size": "size",
    "shape": "shape",
    "dtype": "dtype",
    "name": "name",
    "requires_grad": "trainable",
}
"""Python's words for a fact, and this language's."""


def call(mistake: Mistake) -> Diagnostic | None:
    """The mistake in the innermost open call of `isinstance`, `issubclass`, `any` or `all`."""
    for place in mistake.calls():
        function = mistake.stack[place]
        if function in ("any", "all") and (listed := _COMPREHENSION.match(mistake.text, function.start_pos)):
            return _comprehension(mistake, listed)
        if function in ("isinstance", "issubclass"):
            return _classes(mistake, function.start_pos, function.end_pos)
    return None


def _comprehension(mistake: Mistake, listed: re.Match[str]) -> Diagnostic:
    """`any(x in name for x in ["bias", "norm"])`."""
    words = [re.escape(word.strip(" \t\"'")) for word in listed[4].split(",") if word.strip()]
    test = text_test("search", "name", "|".join(words), negated=bool(listed[3]))
    return mistake.finding(
        "E133",
        "there are no comprehensions",
        help=write(test),
        start=listed.start(),
        end=listed.end(),
    )


def _classes(mistake: Mistake, start: int, end: int) -> Diagnostic:
    written = _CLASSES.match(mistake.text, end)
    classes = [name.rpartition(".")[2] for name in _DOTTED.findall(written[1])] if written else ["LayerNorm"]
    return mistake.finding(
        "E133",
        f"there is no function `{mistake.text[start:end]}`",
        help=f"{'write' if written else 'a class is looked up by'} `type({'|'.join(classes)})`",
        start=start,
        end=end,
    )


def dotted(mistake: Mistake) -> Diagnostic | None:
    """A dot behind a word, where none can stand."""
    if mistake.found[:1] != ".":
        return None
    if mistake.last == "RPAR" and "MEMBER" in mistake.kinds:
        return _member_leaf(mistake)
    if mistake.last != "NAME":
        return None
    start = mistake.stack[-1].start_pos
    whole = _DOTTED.match(mistake.text, start)
    assert whole
    words = whole[0].strip(".").split(".")
    if mistake.in_settings:
        return _in_setting(mistake, words, start, whole.end())
    if mistake.before_last == "COMPARE" or (mistake.open and "IN" in mistake.kinds):
        return _constant(mistake, words, start, whole.end())
    message = "there are no methods and no dotted names"
    return mistake.finding("E133", message, help=_instead(mistake, words), start=start, end=whole.end())


def _member_leaf(mistake: Mistake) -> Diagnostic | None:
    """`type(Linear).weight`."""
    leaf = re.match(r"\.(\w+)", mistake.after)
    place = len(mistake.kinds) - 1 - mistake.kinds[::-1].index("MEMBER")
    call = mistake.text[mistake.stack[place].start_pos : mistake.at].rstrip()
    if not leaf:
        return None
    return mistake.finding(
        "E133",
        "there are no methods and no dotted names",
        end=mistake.at + leaf.end(),
        help=write(f'{call} and leaf == "{leaf[1]}"'),
    )


def _in_setting(mistake: Mistake, words: list[str], start: int, end: int) -> Diagnostic:
    """`optimizer = torch.optim.Muon`, `lr = math.sqrt(2)`."""
    call = re.match(r"\([^()\n]*\)", mistake.text[end:])
    if call and words[-1] not in FUNCTIONS:
        help: str = write(f'"{words[-1]}"')
        return mistake.finding("E138", "text needs quotes", help=help, start=start, end=end + call.end())
    if call:
        return mistake.finding(
            "E133",
            "there are no methods and no dotted names",
            help=write(f"{words[-1]}{call[0]}"),
            start=start,
            end=end,
        )
    if words[0] in _CONFIGURATIONS:
        help = f"declare `option {words[-1]} = 0.1`, which the caller may set, and write `{words[-1]}`"
        return mistake.finding(
            "E133", "there are no methods and no dotted names", help=help, start=start, end=end
        )
    return mistake.finding("E138", "text needs quotes", help=write(f'"{words[-1]}"'), start=start, end=end)


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
            "E133",
            f"`{subject}` is compared with a word without dots",
            help=write(f"{subject} {operator} {shown}"),
            start=start,
            end=end,
        )
    if subject in ("type", "within", "variable"):
        test = f"{'not ' if negated else ''}{subject}({'|'.join(last)})"
        return mistake.finding("E144", f"`{subject}` is not compared", help=write(test), start=start, end=end)
    call = re.match(r"\([ \t]*[\[(]([^\[\]()\n]*)[\])][ \t]*\)", mistake.text[end:])
    if subject == "shape" and call:
        comma = "" if "," in call[1] else ","
        return mistake.finding(
            "E133",
            "there are no methods and no dotted names",
            start=start,
            end=end + call.end(),
            help=write(f"({call[1]}{comma})"),
        )
    if last[0][:1].isupper():
        help = write(f"{'not ' if negated else ''}type({last[0]})")
        return mistake.finding("E144", "a class is not compared", help=help, start=start, end=end)
    return mistake.finding(
        "E138", "text needs quotes", help=write(f'"{".".join(words)}"'), start=start, end=end
    )


def _instead(mistake: Mistake, words: list[str]) -> str:
    first, last = words[0], words[-1]
    if first == "re" and (search := _SEARCH.match(mistake.after)):
        begin = "^" if search[1] != "search" else ""
        end = "$" if search[1] == "fullmatch" else ""
        return write(f"{text_test('search', search[3], begin + search[2] + end)}")
    method = _METHOD.match(mistake.after)
    if method and first in ("name", "leaf", "module"):
        tests = [text_test(method[1], first, text) for text in _TEXT.findall(method[2])]
        if tests and all(tests):
            return write(f"{' or '.join(tests)}")
        if method[1] in ("split", "rsplit", "rpartition"):
            return "write `leaf` for the last component of the name, `module` for all before it"
        if method[1] in ("lower", "upper", "casefold"):
            return f"a match in any case is written `{first} ~ (?i)bias`"
    if words == ["shape", "ndim"] or (words[1:] == ["shape"] and mistake.operand(-3) == "len"):
        return write("ndim")
    if (first in _TENSORS or first == "shape") and len(words) > 1:
        return write(f"{_FACTS.get(words[1], f'attr({words[1]})')}")
    if first in ("module", "owner", "layer", "m") and len(words) == 2 and last != "training":
        return f"write `module_attr({last})` for an attribute of the module, or `name ~ {first}\\.{last}`"
    if mistake.text[mistake.stack[-1].start_pos :].removeprefix(".".join(words)).startswith("("):
        return "a fact about the parameter is a word of its own: `name`, `ndim`, `shape[0]`, `attr(x)`"
    if last[:1].isupper():
        return f"write `type({last})` for parameters of that class"
    if words[-2:-1] and words[-2][:1].isupper():
        return write(f'type({words[-2]}) and leaf == "{last}"')
    glob = re.match(r"[\w.]*[*?][\w.*?]*", mistake.text[mistake.stack[-1].start_pos :])
    if glob:
        return write(f"name like {glob[0]}")
    return "write `name ~ ^" + r"\.".join(words) + "` for names that begin with it"
