"""Tests of names as other languages write them, and how this language writes them."""

import re

_FORMS = {
    "endswith": "*{}",
    "startswith": "{}*",
    "beginswith": "{}*",
    "ends": "*{}",
    "starts": "{}*",
    "begins": "{}*",
    "glob": "{}",
    "fnmatch": "{}",
    "fnmatchcase": "{}",
}
"""Verbs that become a glob."""

_PLAIN = frozenset({"contains", "contain", "includes", "include", "has", "in"})
"""Verbs that look for a literal text."""

_REGEX = frozenset({"matches", "match", "search", "fullmatch", "findall", "regex", "regexp", "=~", "re"})

_BARE_GLOB = re.compile(r"[\w.*?/~+-]+")
_BARE_REGEX = re.compile(r"[\w.^$\\|*+?-]+")


def text_test(verb: str, subject: str, text: str, *, negated: bool = False) -> str:
    r"""Return the test that a verb of another language stands for, "" if the verb is not known.

    >>> text_test("endswith", "name", ".bias"), text_test("contains", "leaf", "a.b", negated=True)
    ('name like *.bias', 'leaf !~ a\\.b')
    """
    verb = verb.lower().replace("_", "")
    if verb in _REGEX and text.startswith("*"):
        verb = "glob"
    if verb in _FORMS:
        glob = _FORMS[verb].format(text)
        shown = glob if _BARE_GLOB.fullmatch(glob) else f'"{glob}"'
        return f"{subject} {'not like' if negated else 'like'} {shown}"
    if verb in _PLAIN:
        text = re.escape(text).replace("\\ ", " ")
    elif verb not in _REGEX:
        return ""
    shown = text if _BARE_REGEX.fullmatch(text) else f'"{text}"'
    return f"{subject} {'!~' if negated else '~'} {shown}"


def shape_test(text: str, *, negated: bool = False) -> str:
    """Return the test for one or several shapes as other languages list them, "" for anything else.

    >>> shape_test("[(64, 32), (3,)]"), shape_test("(64, None)", negated=True)
    ('shape == (64, 32) or shape == (3,)', 'shape != (64, *)')
    """
    shapes = re.findall(r"[(\[{]([^()\[\]{}]*)[)\]}]", text)
    items = [[item.strip() for item in shape.split(",") if item.strip()] for shape in shapes]
    if not items or not all(_EXTENT.fullmatch(item) for shape in items for item in shape):
        return ""
    operator, joined = ("!=", " and ") if negated else ("==", " or ")
    return joined.join(
        f"shape {operator} {_shape(shape)}" if shape else f"ndim {operator} 0" for shape in items
    )


_EXTENT = re.compile(r"\d+|[*?:_]|-1|\.\.\.|[Nn]one|[Aa]ny")


def _shape(items: list[str]) -> str:
    extents = [item if item.isdigit() else "*" for item in items]
    return f"({', '.join(extents)}{',' if len(extents) == 1 else ''})"


def names_test(names: list[str]) -> str:
    r"""Return the predicate for a list of names, classes or globs; "" if it holds something else.

    >>> names_test(["LayerNorm", "RMSNorm"]), names_test(["bias", "norm.weight"]), names_test(["*.bias"])
    ('type(LayerNorm|RMSNorm)', 'name ~ bias|norm\\.weight', 'name like *.bias')
    """
    if not names or not all(re.fullmatch(r"[\w.*?/]+", name) for name in names):
        return ""
    globs = [name for name in names if "*" in name or "?" in name]
    classes = [name for name in names if re.fullmatch(r"(?:\w+\.)*[A-Z]\w*", name)]
    texts = [re.sub(r"[./]", r"\\.", name) for name in names if name not in globs and name not in classes]
    tests = [f"type({'|'.join(name.rpartition('.')[2] for name in classes)})"] if classes else []
    tests += [f"name ~ {'|'.join(texts)}"] if texts else []
    return " or ".join([*tests, *(f"name like {glob}" for glob in globs)])
