"""Comments inside a statement, moved to the side of a comma or an operator at which lines break.

A line breaks before `or`, `and`, `|` and `->`, and after a comma. So a comment behind `or` goes to the end of
the line above it, and one between a value and its comma behind the comma.
"""

from itertools import pairwise

from paramrules.formatting.tokens import Token


def settle(tokens: list[Token]) -> list[Token]:
    """Move comments to where lines break, and drop the comma behind the last item of a list."""
    for left, token in pairwise(tokens):
        if token.is_sign(","):
            _to_comma(left, token)
    for left, token, right in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if token.is_word("or", "and") or token.is_sign("|", "->"):
            _to_operator(left, token, right)
        elif token.is_sign(","):
            _behind_comma(token, right)
    return _without_last_commas(tokens)


def _to_comma(left: Token, comma: Token) -> None:
    """Move the comment behind an item and those above its comma behind the comma, in their order."""
    comments = [*comma.before, *filter(None, [comma.behind])]
    if left.behind:
        comma.before, comma.behind, left.behind = comments, left.behind, None
    elif comma.before:
        comma.before, comma.behind = comments, None


def _behind_comma(comma: Token, right: Token) -> None:
    """Move what stands above a comma, which `_to_comma` has put there, above the next item."""
    right.before = [*comma.before, *right.before]
    comma.before = []


def _to_operator(left: Token, operator: Token, right: Token) -> None:
    """Move the comment behind an operator to the line above it, and those above its right side above it."""
    if operator.behind and not operator.before and not left.behind:
        left.behind, operator.behind = operator.behind, None
    operator.before = [*operator.before, *filter(None, [operator.behind]), *right.before]
    operator.behind, right.before = None, []


def _without_last_commas(tokens: list[Token]) -> list[Token]:
    """Drop the commas that no item follows, but for that of a tuple of one."""
    kept: list[Token] = []
    opened: list[int] = []  # where the brackets around a token begin
    commas: list[int] = [0]  # how many commas stand in each
    for token in tokens:
        if kept and kept[-1].is_sign(",") and token.is_sign(")"):
            before = kept[opened[-1] - 1] if opened[-1] else None
            if commas[-1] > 1 or (before and before.is_word("in")):
                comma = kept.pop()
                kept[-1].behind = comma.behind
        if token.is_sign("("):
            opened.append(len(kept))
            commas.append(0)
        elif token.is_sign(")"):
            opened.pop()
            commas.pop()
        elif token.is_sign(","):
            commas[-1] += 1
        kept.append(token)
    if kept[-1].is_sign(",") and not kept[-1].before:
        comma = kept.pop()
        kept[-1].behind = comma.behind
    return kept
