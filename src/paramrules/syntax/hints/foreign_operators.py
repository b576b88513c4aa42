"""Operators, verbs and conditions of other languages: `&&`, `=`, `endswith`, `x if y`."""

import re
from typing import Final

from paramrules.diagnostics import Diagnostic, helping, write
from paramrules.syntax.hints.mistake import Mistake
from paramrules.syntax.hints.setting_syntax import begins_setting, missing_arrow, without_predicate
from paramrules.syntax.verbs import shape_test, text_test

OPERATORS: Final = {
    "&&": "and",
    "&": "and",
    "AND": "and",
    "And": "and",
    "||": "or",
    "|": "or",
    "OR": "or",
    "Or": "or",
    "!": "not",
    "~": "not",
    "NOT": "not",
    "===": "==",
    "=": "==",
    "is": "==",
    "IS": "==",
    "equals": "==",
    "eq": "==",
    "\u2264": "<=",
    "\u2265": ">=",
    "\u2260": "!=",
    "<>": "!=",
    "=<": "<=",
    "=~": "~",
    "^": "**",
    "\u00d7": "*",
    "\u00f7": "/",
    "LIKE": "like",
    "IN": "in",
    "\u2208": "in",
    "contains": "~",
    "matches": "~",
    "unless": "and not",
    "except": "and not",
    "but": "and",
}
"""Operators of other languages, and the ones of this language that mean the same."""

_LOOSE: Final = ("^", "contains", "matches", "unless", "except", "but")
"""Those of them that say less exactly what was meant."""

_NOT_TEXT: Final = ("none", "null", "true", "false")

_SUBJECTS = ("name", "leaf", "module")
_CLASS = re.compile(r"(?:is|==?)[ \t]+(?:not[ \t]+)?(?:\w+\.)*([A-Z]\w*)")
_A_MODULE = re.compile(r"\b(?:module|layer|cls|m|type[ \t]*\([ \t]*\w+[ \t]*\))[ \t]*$")
_CONSTANT = re.compile(r"(?:is|=)[ \t]+(?:\w+\.)+(\w+)")
_BETWEEN = re.compile(r"(?i:between)[ \t]+([\w.]+)[ \t]+(?i:and)[ \t]+([\w.]+)")
_PROSE = re.compile(r"(//|--|/\*)[ \t]*\w*[ \t]*$")
_CONDITIONS = ("if", "elif", "else", "then", "?", "when", "where", "WHERE")

_TEXT = re.compile(r"""[ \t]*(?:with[ \t]+)?(?:r?"([^"\n]*)"|r?'([^'\n]*)'|/([^/\s]+)/|([\w.*?^$\\|+-]+))""")
_ALONE = re.compile(r"""("[\w.]+"|'[\w.]+'|[A-Za-z_]\w*)(?=[ \t]*(?:$|\n|\)|->|and\b|or\b))""")
_RANGE = re.compile(r"(\d+)[ \t]*(?:\.\.+=?|-|to)[ \t]*(\d+)|range\([ \t]*(\d+)[ \t]*,[ \t]*(\d+)[ \t]*\)")


def comment(mistake: Mistake) -> Diagnostic | None:
    """`a: ndim <= 1 // no decay`, `-- no decay`, `; no decay`, `/* no decay */`."""
    line = mistake.text[: mistake.at].rpartition("\n")[2]
    if mistake.found == ";" and re.match(r";[ \t]*[A-Za-z]\w*[ \t]+(?![=\w]*=)\w", mistake.after):
        start = mistake.at
    elif mistake.found == "*" and line.endswith("/"):
        start = mistake.at - 1
    elif re.match(r"\w", mistake.found) and (prose := _PROSE.search(line)):
        start = mistake.at - len(line) + prose.start()
    else:
        return None
    written = mistake.text[start:].partition("\n")[0]
    sign = re.match(r"[^\w\s]+", written)
    assert sign
    return mistake.finding(
        "E125",
        f"`{sign[0]}` does not begin a comment",
        start=start,
        end=start + len(written),
        help=write(f"# {written[len(sign[0]) :].removesuffix('*/').strip()}", safe=True),
    )


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
    if subject.isidentifier() and subject not in _SUBJECTS:
        subject = "name"
    if found == "LIKE":
        glob = next(filter(None, written.groups()), "").replace("%", "*")
        help = write(f"{subject} like {glob}") if re.fullmatch(r"[\w.*]+", glob) else write("like")
        return mistake.finding("E132", "`LIKE` is not an operator", help=help)
    test = text_test(found, subject, next(filter(None, written.groups()), ""), negated=negated)
    if not test:
        return None
    return mistake.finding("E132", f"`{found}` is not an operator", help=write(test))


def operator(mistake: Mistake) -> Diagnostic | None:
    """`ndim = 1`, `a && b`, `!a`, `a => lr = 1`."""
    for hint in (_of_two_signs, _arrow, _condition, without_predicate, _of_words, _comma, _plain, _line_end):
        finding = hint(mistake)
        if finding:
            return finding
    in_predicate = "COLON" in mistake.kinds or "LET" in mistake.kinds
    if in_predicate and not mistake.wants_operand and begins_setting(mistake):
        return missing_arrow(mistake)
    return None


def _of_two_signs(mistake: Mistake) -> Diagnostic | None:
    """`===`, `<>`, `not ~`, `! ~`."""
    found = mistake.found
    if mistake.last == "COMPARE" and found in ("=", ">") and mistake.word in ("==", "<"):
        start, end, meant = mistake.start_of(-1), mistake.at + 1, "==" if found == "=" else "!="
    elif found == "~" and mistake.last == "NOT" and not mistake.wants_operand:
        start, end, meant = mistake.start_of(-1), mistake.at + 1, "!~"
    elif mistake.wants_operator and (negated := re.match(r"![ \t]+~|(?i:is[ \t]+not)\b", mistake.after)):
        start, end, meant = mistake.at, mistake.at + negated.end(), "!~" if found == "!" else "!="
    else:
        return None
    return mistake.finding(
        "E132",
        f"`{mistake.text[start:end]}` is not an operator",
        help=write(meant, safe=True),
        start=start,
        end=end,
    )


def _arrow(mistake: Mistake) -> Diagnostic | None:
    """`a => lr = 1`, `a → lr = 1`, `a then lr = 1`."""
    found = mistake.found
    if found in ("=>", "\u2192", "then", ":=") and begins_setting(mistake, len(found)):
        return mistake.finding("E143", f"`{found}` is not the arrow", help=write("->", safe=True))
    if found == "=>":
        return mistake.finding("E132", "`=>` is not an operator", help="write `>=` for greater or equal")
    return None


def _condition(mistake: Mistake) -> Diagnostic | None:
    if mistake.found not in _CONDITIONS or not mistake.wants_operator:
        return None
    return mistake.finding(
        "E135",
        f"there is no `{mistake.found}` inside a rule",
        help="write one rule for each case: the first whose predicate holds wins, "
        "and `rest: else` takes what is left",
    )


def _of_words(mistake: Mistake) -> Diagnostic | None:
    """`ndim between 1 and 2`, `module is LayerNorm`, `type(A), type(B)`."""
    if not mistake.wants_operator:
        return None
    left = mistake.operand(-1)
    between = _BETWEEN.match(mistake.after)
    if between:
        help = write(f"{left} >= {between[1]} and {left} <= {between[2]}")
        return mistake.finding("E132", f"`{mistake.found}` is not an operator", help=help)
    constant = _CONSTANT.match(mistake.after)
    if constant and left in ("dtype", "role"):
        end = mistake.at + constant.end()
        help = write(f"{left} == {constant[1]}")
        return mistake.finding("E132", f"`{mistake.found}` is not an operator", end=end, help=help)
    class_test = _CLASS.match(mistake.after)
    if class_test and _A_MODULE.search(mistake.text[: mistake.at]):
        help = write(f"{'not ' if 'not' in class_test[0] else ''}type({class_test[1]})")
        end = mistake.at + class_test.end()
        return mistake.finding("E144", "a class is not compared", end=end, help=help)
    return None


def _plain(mistake: Mistake) -> Diagnostic | None:
    """An operator with a counterpart in this language."""
    found = mistake.found
    meant = OPERATORS.get(found)
    if not meant or mistake.wants_operand != (meant == "not"):
        return None
    if found == "~" and not re.match(r"~[ \t]*(?:\w+[ \t]*\(|\()", mistake.after):
        return None
    finding = _truth(mistake) if meant == "==" else None
    help = write(meant, safe=found not in _LOOSE)
    if found in ("!", "~") and mistake.after[1:2].isidentifier() | (mistake.after[1:2] == "("):
        help = helping(help, "not ", safe=True)
    return finding or mistake.finding("E132", f"`{found}` is not an operator", help=help)


def _truth(mistake: Mistake) -> Diagnostic | None:
    """`trainable is True`, `leaf = bias`."""
    left, right = mistake.operand(-1), re.match(r"\S+[ \t]+([A-Za-z_]\w*)(?![\w.(])", mistake.after)
    if right and left in ("trainable", "tied") and right[1].lower() in ("true", "false"):
        help = write(left if right[1].lower() == "true" else f"not {left}", safe=True)
    elif right and left in _SUBJECTS:
        help = write(f'{left} == "{right[1]}"', safe=right[1].lower() not in _NOT_TEXT)
    else:
        return None
    end = mistake.at + right.end()
    start = mistake.text.rindex(left, 0, mistake.at)
    return mistake.finding("E132", f"`{mistake.found}` is not an operator", start=start, end=end, help=help)


def _line_end(mistake: Mistake) -> Diagnostic | None:
    if mistake.found == "\\":
        help = "delete it and indent the next line: that continues the statement"
        return mistake.finding("E124", "a backslash does not continue a line", help=help)
    if mistake.found == ";":
        help = helping("delete it: the next statement starts in column 0", "", safe=True)
        return mistake.finding("E124", "a statement does not end in `;`", help=help)
    return None


def _example(subject: str) -> str:
    examples = {
        "dtype": "(float16, bfloat16)",
        "role": "(bias, scale)",
        **dict.fromkeys(_SUBJECTS, '("a", "b")'),
    }
    return examples.get(subject, "(1, 2)")


def _comma(mistake: Mistake) -> Diagnostic | None:
    """`type(A), type(B)`, `shape == 3, 4`."""
    if mistake.found != "," or mistake.expected - {"ARROW", "$END"} or begins_setting(mistake):
        return None
    more = re.match(r"(?:,[ \t]*[\w*]+)+", mistake.after)
    if mistake.last == "Compare" and mistake.operand(-1).startswith("shape") and more:
        compared = re.sub(r"[\w*]+$", rf"(\g<0>{more[0]})", mistake.operand(-1))
        return mistake.finding("E137", "a tuple needs brackets", help=write(compared))
    if mistake.last == "Matches" and more and not mistake.operand(-1).endswith(("'", '"')):
        others = more[0].replace(",", "|").replace(" ", "").replace("\t", "")
        return mistake.finding("E137", "regexes are not a list", help=write(f"{mistake.operand(-1)}{others}"))
    if not mistake.after[1:].strip():
        return mistake.finding(
            "E132", "nothing stands behind the `,`", help=helping("delete it", "", safe=True)
        )
    return mistake.finding(
        "E132", "`,` does not join two predicates", help="write `or` if one of them is enough, `and` for both"
    )


def unsaid(mistake: Mistake) -> Diagnostic | None:
    """`name "bias"`, `role bias`."""
    subject, written = mistake.operand(-1), _ALONE.match(mistake.after)
    operator = {"name": "~", "leaf": "==", "module": "~", "role": "==", "dtype": "=="}.get(subject, "")
    if not mistake.wants_operator or not operator or not written:
        return None
    text = written[1].strip("\"'")
    shown = f'"{text}"' if subject == "leaf" else text
    return mistake.finding(
        "E131",
        f"an operator is missing between `{subject}` and `{text}`",
        help=write(f"{subject} {operator} {shown}"),
    )


def among(mistake: Mistake) -> Diagnostic | None:
    """`name in ["a"]`, `"norm" in name`, `bias not in name`, `ndim in 0..1`."""
    if mistake.last != "IN":
        return None
    negated = mistake.before_last == "NOT"
    subject = mistake.operand(-3 if negated else -2)
    looked_for = subject.strip("\"'")
    if subject[:1] in ("'", '"') and mistake.found.isidentifier() and mistake.found not in _SUBJECTS:
        test = text_test("contains", "name", looked_for, negated=negated)
        return mistake.finding("E132", "`in` looks for its left side in a list", help=write(test))
    if mistake.found in ("name", "leaf", "module") and looked_for != mistake.found:
        test = text_test("contains", mistake.found, looked_for, negated=negated)
        return mistake.finding("E132", "`in` looks for its left side in a list", help=write(test))
    between = _RANGE.match(mistake.after)
    if between:
        low, high, start, stop = between.groups()
        test = f"{subject} >= {low or start} and {subject} {'<=' if low else '<'} {high or stop}"
        return mistake.finding(
            "E137",
            "`in` needs a list in round brackets",
            end=mistake.at + between.end(),
            help=write(f"not ({test})") if negated else write(test),
        )
    below = re.match(r"range\([ \t]*([\w.]+)[ \t]*\)", mistake.after)
    if below:
        help = write(f"{subject} < {below[1]}")
        return mistake.finding(
            "E137", "`in` needs a list in round brackets", end=mistake.at + below.end(), help=help
        )
    listed = re.match(
        r"[\[{]([^\[\]{}\n]*)[\]}]|([^\s,()\[\]{}:;]+(?:[ \t]*,[ \t]*[^\s,()\[\]{}:;]+)*)", mistake.after
    )
    words = re.findall(r"[^\s,\"']+", listed[1] or listed[2] or "") if listed else []
    if subject in ("type", "within", "variable") and words:
        help = write(f"{'not ' if negated else ''}{subject}({'|'.join(w.rpartition('.')[2] for w in words)})")
        return mistake.finding("E144", f"`{subject}` is not compared", help=help)
    if subject == "shape" and (test := shape_test(mistake.after, negated=negated)):
        return mistake.finding("E137", "`in` needs a list in round brackets", help=write(test))
    bare = subject in ("dtype", "role")
    shown = ", ".join(word if bare or word.isdecimal() else f'"{word}"' for word in words)
    return mistake.finding(
        "E137",
        "`in` needs a list in round brackets",
        help=write(f"{subject} {'not ' if negated else ''}in ({shown})")
        if words
        else f"a list is written as in `{subject} in {_example(subject)}`",
    )
