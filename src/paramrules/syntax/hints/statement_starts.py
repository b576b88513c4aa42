"""Lines that begin in no known way: with a sign, another language's comment, or another language's word."""

import re

from paramrules.diagnostics import Diagnostic, did_you_mean, helping, write
from paramrules.syntax.hints.mistake import RULE, Mistake
from paramrules.syntax.language import reserved
from paramrules.syntax.verbs import names_test

_COMMENTS = ("//", "/*", "--", "<!--", ";", "%", "rem ", "REM ")
_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7}|\|{7})", re.MULTILINE)
_HOLE_FIRST = re.compile(r"(\{[^{}:\n]*\}[\w{}]*)[ \t]*(?:\?[ \t]*)?:")
_ITEM = re.compile(r"[-*+•][ \t]+(?=\S)")
_CSS = re.compile(r"((?=[.#*@])[\w.*#@-]+|[\w.*-]+(?=\s))\s*\{\s*([A-Za-z][\w-]*)[ \t]*[:=][ \t]*([^;}\s]+)")

SETTINGS = frozenset(
    {"lr", "lr_scale", "weight_decay", "weight_decay_scale", "wd", "eps", "betas", "momentum", "freeze"}
    | {"optimizer", "skip"}
)
"""Keys that settings commonly have."""

_KEYWORDS = ("let", "option", "include", "edition", "expect")
_OTHER = frozenset(
    {"if", "elif", "while", "for", "import", "from", "def", "class", "return", "with", "del", "set"}
    | {"try", "match", "case", "print", "lambda", "use", "require", "select", "SELECT", "UPDATE", "where"}
)
_DEFINE = frozenset({"const", "var", "val", "def", "define", "set", "param", "float", "int", "str", "local"})
_SECTIONS = frozenset({"axis", "section", "partition", "group", "table", "groups"})
FACTS = frozenset(
    {"name", "leaf", "module", "type", "within", "role", "dtype", "ndim", "size", "shape", "count"}
)
_COUNTED = re.compile(
    r"(?:(?:count|len|num|sum|size|exists|any|all)\([ \t]*[\"']?([A-Za-z_]\w*)[\"']?[ \t]*\)"
    r"|([A-Za-z_]\w*)(?:[.](?:count|size|len|numel)(?:\(\))?)?(?=[ \t]*[=<>!]=?[ \t]*\d))"
    r"[ \t]*(?:[=<>!]=?.*)?$"
)
"""`count(no_decay) == 3`, `len(a) > 0`, `exists(a)`, `no_decay == 3`, `no_decay.count >= 1`."""
_TESTS = ("assert", "check", "test", "require")
_CONDITION = re.compile(r"(?:if|elif|when)[ \t]+([^:\n]+?)[ \t]*(?::|->|\bthen\b)[ \t]*(\w+[ \t]*=[^=\n].*)")


def is_conflict(text: str, at: int = 0) -> bool:
    """Return whether a line at a place of a text is the mark of a merge conflict."""
    return _CONFLICT.match(text, at) is not None


def start(mistake: Mistake) -> Diagnostic | None:
    """A statement whose first sign does not fit."""
    if mistake.stack:
        return None
    found, after = mistake.found, mistake.after
    if is_conflict(after):
        return mistake.finding(
            "E123", "a merge conflict is not resolved", end=7, help="keep one of its two sides"
        )
    sign = next((sign for sign in _COMMENTS if after.startswith(sign)), None)
    if sign:
        line = after.partition("\n")[0][len(sign) :].removesuffix("*/").removesuffix("-->").strip()
        hash = "# " if sign.endswith(" ") else "#"
        help: str = helping(
            f"write `# {line}`", hash, safe=not re.search(r"\*/|-->", after.partition("\n")[0])
        )
        return mistake.finding("E125", f"`{sign.strip()}` does not begin a comment", end=len(sign), help=help)
    if found == ":":
        return mistake.finding("E126", "the rule has no label", help=mistake.rewritten("no_decay:", 0, 1))
    block = braces(mistake)
    if block:
        return block
    item = _ITEM.match(after)
    if item:
        return mistake.finding(
            "E123",
            f"`{after[0]}` does not begin a statement",
            end=1,
            help=mistake.rewritten("", 0, item.end()) if ":" in after.partition("\n")[0] else RULE,
        )
    if found in ("->", ")", "]", "}", ",", "|", "~", "==", "<=", "+"):
        return mistake.finding(
            "E124",
            f"`{found}` does not begin a statement",
            help="indent the line, so that it continues the one above",
        )
    if found[:1] in ('"', "'"):
        return _quoted(mistake)
    if found[:1].isdigit():
        return _digit(mistake)
    label = _HOLE_FIRST.match(after)
    if label:
        return mistake.finding(
            "E128", "a label begins with a letter", end=label.end(1), help=write(f"group_{label[1]}")
        )
    if found.isidentifier():
        help = "names consist of the letters a to z, digits and `_`"
        return mistake.finding("E128", f"`{found}` is not a name", help=help)
    if found.isascii():
        return mistake.finding("E123", f"`{found}` does not begin a statement", help=RULE)
    return None


def _quoted(mistake: Mistake) -> Diagnostic:
    found = mistake.found
    if re.match(r"\??[ \t]*:", mistake.after[len(found) :]):
        return mistake.finding("E139", "a label takes no quotes", help=write(plain_name(found), safe=True))
    return mistake.finding("E123", "a text does not begin a statement", help=RULE)


def _digit(mistake: Mistake) -> Diagnostic:
    found = mistake.found
    label = re.match(r"(\d\w*(?:-\w+)*)\??[ \t]*:", mistake.after)
    if label:
        return mistake.finding(
            "E128",
            f"`{label[1]}` is not a label: it begins with a digit",
            end=label.end(1),
            help=write(f"{plain_name(label[1])}"),
        )
    return mistake.finding("E123", f"`{found}` does not begin a statement", help=RULE)


def braces(mistake: Mistake) -> Diagnostic | None:
    """`.bias { weight_decay: 0 }`."""
    block = _CSS.match(mistake.text)
    if not block:
        return None
    name, key, value = block[1].strip(".#*@"), block[2].replace("-", "_"), block[3]
    test = (names_test([name]) if name != block[1] or name[0].isupper() else "ndim <= 1") if name else "else"
    return mistake.finding(
        "E123",
        "a rule has no braces",
        start=0,
        end=block.end(1),
        help=mistake.statement(f"{plain_name(name) if name else 'rest'}: {test} -> {key} = {value}"),
    )


def first_word(mistake: Mistake) -> Diagnostic | None:
    """A statement that begins with a word that is neither a label nor a keyword."""
    word = mistake.word
    if mistake.kinds == (word.upper(),) and word in _KEYWORDS and re.match(r"\??:(?!=)", mistake.after):
        value = re.match(r":[ \t]*([^\n]+)", mistake.after)
        if value and word in ("include", "edition", "expect"):
            shown = f"expect {mistake.label()}: {value[1]}" if word == "expect" else f"{word} {value[1]}"
            help = mistake.statement(shown, "")
            if help:
                return mistake.finding("E127", f"no `:` follows `{word}`", help=help)
        place = mistake.finding("E106", "", start=0, end=len(word)).span
        assert place
        return reserved(word, place)
    if mistake.kinds != ("NAME",):
        return None
    end, text = len(word), mistake.text
    if word == "else":
        help = mistake.rewritten("rest: ", 0, 0)
        return mistake.finding("E126", "`else` has no label", help=help, start=0, end=end)
    if mistake.found == "]" and mistake.after.strip() == "]":
        return mistake.finding("E136", "`]` closes nothing", help=write(f"[{word}]"))
    if word in ("and", "or") or mistake.found in (")", "]", "}"):
        return mistake.finding(
            "E124",
            f"`{word}` does not begin a statement",
            help="indent the line, so that it continues the one above",
            start=0,
            end=end,
        )
    condition = _CONDITION.fullmatch(text)
    if condition:
        values = condition[2].replace(";", "")
        return mistake.finding(
            "E135",
            f"there is no `{word}`",
            help=mistake.statement(f"{label_for(values)}: {condition[1]} -> {values}"),
            start=0,
            end=end,
        )
    help = _meant(mistake, word)
    if help:
        return mistake.finding("E123", f"`{word}` does not begin a statement", help=help, start=0, end=end)
    if re.match(r"=(?!=)", mistake.after):
        return _assigned(mistake, word)
    if mistake.ended:
        return mistake.finding(
            "E127",
            f"`{word}` alone is not a statement",
            start=0,
            end=end,
            help=f"a rule is written `{word}: ndim <= 1`, an axis `[{word}]`",
        )
    return None


def _assigned(mistake: Mistake, word: str) -> Diagnostic:
    """`lr = 0.1`, `norm = type(LayerNorm)`, `no_decay = ["bias", "norm"]`."""
    value = mistake.after[1:].strip()
    names = re.fullmatch(r"[\[({]([^\[\](){}\n]*)[\])}]", value)
    test = names_test([name.strip(" \t\"'") for name in names[1].rstrip(", ").split(",")]) if names else ""
    if test:
        help = mistake.statement(f"{word}: {test}")
    elif word in SETTINGS:
        help = mistake.statement(f"rest: else -> {word} = {value}", write("rest: else -> lr_scale = 0.1"))
        help = f"settings follow the `->` of a rule: {help}"
    elif re.search(r"[<>~(]|[=!]=|\b(?:and|or|not|in|like)\b", value):
        help = mistake.statement(f"{word}: {value}")
        named = mistake.statement(f"let {word} = {value}", "")
        help = f"{help} for a rule, `{named[7:-1]}` for a name" if named else help
    else:
        help = mistake.statement(f"let {word} = {value}")
    return mistake.finding("E123", f"`{word} = ...` is not a statement", help=help, start=0, end=len(word))


def _meant(mistake: Mistake, word: str) -> str:
    """Return the help for a word of another language, or a misspelt one; "" if nobody knows."""
    after, text = mistake.after, mistake.text
    section = re.fullmatch(r"\w+[ \t]+[\"']?([A-Za-z_]\w*)[\"']?[ \t]*:?", text)
    if word in _SECTIONS and section:
        return write(f"[{section[1]}]")
    if word in _DEFINE and re.match(r"[A-Za-z_]\w*[ \t]*=(?!=)", after):
        return mistake.rewritten("let", 0, len(word), "write `let` in its place")
    if word in _TESTS and re.match(r"[A-Za-z_]", after):
        if re.match(r"(?:not[ \t]+)?[A-Za-z_]\w*\??[ \t]*:", after):
            return mistake.rewritten("expect", 0, len(word), "write `expect` in its place")
        if label := counted_label(after.strip()):
            return f"an expectation is written `expect {label}: ndim <= 1`"
        return mistake.rewritten(f"expect {mistake.label()}:", 0, len(word))
    if word == "version":
        return write("edition 1")
    if word in ("import", "from", "use", "require", "source"):
        file = re.match(r"[\"'<]?([\w./-]+?)(?:\.rules)?[\"'>]?(?:[ \t]+import\b.*)?;?$", after)
        return write(f'include "{file[1]}.rules"') if file else write('include "norms.rules"')
    if word in _OTHER:
        return RULE
    keyword = did_you_mean(word, _KEYWORDS)
    return keyword if re.match(r"[\w\"'<]", after) and ":" not in text else ""


def label_for(settings: str) -> str:
    """Return a label for a rule: `no_decay`, which turns decay off, only for a rule that means it."""
    if "=" not in settings or re.search(r"decay[ \t]*=[ \t]*0*\.?0*$", settings):
        return "no_decay"
    return "scaled" if "lr" in settings else "group"


def plain_name(text: str) -> str:
    """Return a name like the text, of letters, digits and `_`.

    >>> plain_name("no-decay"), plain_name('"2d"')
    ('no_decay', 'x2d')
    """
    good = re.sub(r"\W+", "_", text.strip("\"'[] "), flags=re.ASCII).strip("_")
    return good if re.match(r"[A-Za-z_]", good) else f"x{good}"


def counted_label(line: str) -> str:
    """Return the label that a line counts the parameters of, "" if it counts none."""
    counted = _COUNTED.match(line)
    label = counted[1] or counted[2] if counted else ""
    return "" if label in FACTS else label
