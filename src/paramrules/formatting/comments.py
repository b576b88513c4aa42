"""Comments inside a statement, moved to the side of a comma or an operator at which lines break.

A line breaks before `or`, `and`, `|` and `->`, and after a comma. So a comment behind `or` goes to the end of
the line above it, and one between a value and its comma behind the comma.
"""

from paramrules.formatting.tokens import Token


def settle(tokens: list[Token]) -> list[Token]:
    """Move comments to where lines break, and drop the comma behind the last item of a list."""
    for left, token, right in zip(tokens, tokens[1:], tokens[2:], strict=False):
        if token.is_word("or", "and") or token.is_sign("|", "->"):
            _to_operator(left, token, right)
        elif token.is_sign(","):
            _to_comma(left, token, right)
    return _without_last_commas(tokens)


def _to_comma(left: Token, comma: Token, right: Token) -> None:
    """Move the comment behind an item behind its comma, and those above the comma above the next item."""
    comments = [*comma.before, *filter(None, [comma.behind])]
    if left.behind or comma.before:
        comma.before, comma.behind, left.behind = [], left.behind, None
        right.before = [*comments, *right.before]


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
    comma = kept[-1]
    if comma.is_sign(",") and not comma.before and not (comma.behind and kept[-2].behind):
        kept.pop()
        kept[-1].behind = kept[-1].behind or comma.behind
    return kept
