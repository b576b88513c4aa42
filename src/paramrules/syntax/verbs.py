"""Tests of text as other languages write them, and how they are written here."""

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
"""Verbs that a glob says."""

_PLAIN = frozenset({"contains", "contain", "includes", "include", "has", "in"})
"""Verbs that look for a text as it stands."""

_REGEX = frozenset({"matches", "match", "search", "fullmatch", "findall", "regex", "regexp", "=~", "re"})

_BARE_GLOB = re.compile(r"[\w.*?/~+-]+")
_BARE_REGEX = re.compile(r"[\w.^$\\|*+?-]+")


def text_test(verb: str, subject: str, text: str, *, negated: bool = False) -> str:
    r"""What to write for a verb of another language; "" where it is none that is known.

    >>> text_test("endswith", "name", ".bias"), text_test("contains", "leaf", "a.b", negated=True)
    ('name like *.bias', 'leaf !~ a\\.b')
    """
    verb = verb.lower().replace("_", "")
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
