"""The same rules written in another way: other white space, line ends, quotes and comments."""

import random
from itertools import pairwise

from paramrules.diagnostics import Source
from paramrules.formatting.tokens import Token, tokens_of
from paramrules.syntax import read
from paramrules.syntax.statements import cut

SPACES = (" ", "  ", "\t", "\n ", "\n\n    ", " \n\t")
COMMENTS = ("# c", "#", "#c  ", "# a: b -> c = 1", "#  'quoted", "# allow: W402 -- a reason", "# ä, b")


def roughened(text: str, choose: random.Random, *, commented: bool = False) -> str:
    """Return a text with the same rules, comments between statements included, spaced in another way.

    Args:
        text: what can be read without errors.
        choose: draws what is written.
        commented: whether comments are put between tokens.
    """
    file, findings = read(Source("t.rules", text))
    assert not any(finding.is_error for finding in findings)
    rough, end = "", 0
    for piece, statement in zip(cut(text), file.statements, strict=True):
        rough += text[end : piece.start]
        tokens = tokens_of(text, piece, statement)
        rough += tokens[0].text
        for left, token in pairwise(tokens):
            rough += _comments(left, token) or _gap(left, token, choose, commented)
            rough += _quoted(token, choose)
        if "->" in (token.text for token in tokens) and choose.random() < 0.2:
            rough += f"{_gap(tokens[-1], Token(',', 'sign'), choose, commented)},"
        rough += f"  {tokens[-1].behind.text}" if tokens[-1].behind else choose.choice(("", "", " ", "\t"))
        end = piece.end
    return rough + text[end:]


def _comments(left: Token, token: Token) -> str:
    """Return the comments that stand between two tokens already."""
    texts = [f"  {left.behind.text}"] if left.behind else []
    texts += [f"\n   {comment.text}" for comment in token.before]
    return "".join(texts) + "\n  " if texts else ""


def _gap(left: Token, token: Token, choose: random.Random, commented: bool) -> str:
    """Return white space, perhaps with comments, that may stand between two tokens."""
    if token.is_sign("{") or (left.is_sign("}") and token.kind == "atom"):
        return ""  # the parts of a label
    if commented and choose.random() < 0.1:
        if token.is_sign("(") and left.kind == "word":
            return ""  # `type` and `(` belong together, with a comment between them it is another function
        lines = [choose.choice(COMMENTS) for _ in range(choose.randint(1, 3))]
        indent = choose.choice(("  ", "      ", "            ", ""))
        first = choose.choice((" ", "   ", "\n ", "\n"))
        return first + f"\n{indent}".join(lines) + "\n" + choose.choice((" ", "    ", "\n\t"))
    is_safe = left.kind == "sign" and not left.is_sign("~", "!~", "-", "*", "/", "}") and token.kind != "sign"
    if choose.random() < 0.4 and (not token.gap or is_safe):
        return ""
    return choose.choice(SPACES)


def _quoted(token: Token, choose: random.Random) -> str:
    if token.kind == "string" and "'" not in token.text and '"' not in token.text[1:-1]:
        return choose.choice((token.text, f"'{token.text[1:-1]}'"))
    return token.text
