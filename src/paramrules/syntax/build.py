"""Build the nodes of the syntax tree from the productions of the grammar.

The parser calls a method of `Builder` for each production as soon as it is complete, so no parse tree is
built. A method bears the name of its production and gets the production's items in order, tokens included.
"""
# ruff: noqa: D102

import math
from dataclasses import replace
from typing import Any

from paramrules.diagnostics import Diagnostic, Source, Span, write
from paramrules.syntax import language, nodes
from paramrules.syntax.language import RESERVED, misplaced, reserved
from paramrules.syntax.tokens import Token

Parts = list[Any]


class Builder:
    """Builds the statements of one source.

    Attributes:
        source: the source that is being read.
        base: where the current statement starts in it.
        depth: an upper bound on the nesting of the current statement.
        refused: True if an error leaves the current statement without a meaning.
        errors: the mistakes that do not stop the parser.
        comments: the comments inside statements.
    """

    def __init__(self) -> None:
        self.begin(Source("", ""))

    def begin(self, source: Source) -> None:
        """Start a new file."""
        self.source = source
        self.base = 0
        self.depth = 0
        self.refused = False
        self.errors: list[Diagnostic] = []
        self.comments: list[Span] = []

    def span(self, first: Token, last: Token) -> Span:
        """Return the span from one token to the end of another."""
        base = self.base
        return Span(self.source, base + first.start_pos, base + last.end_pos)

    def place(self, token: Token) -> Span:
        """Return the span of one token."""
        base = self.base
        return Span(self.source, base + token.start_pos, base + token.end_pos)

    def name(self, token: Token) -> str:
        """Return the text of a NAME; the contextual lexer accepts reserved words as one."""
        text = str(token)
        if text in RESERVED:
            self.errors.append(reserved(text, self.place(token)))
        return text

    def comment(self, token: Token) -> None:
        """Note a comment, which the parser then drops."""
        self.comments.append(self.place(token))

    # Statements

    def edition(self, parts: Parts) -> nodes.Edition:
        text = str(parts[1])
        number = int(text) if text.isdecimal() and len(text) < 10 else 0
        return nodes.Edition(self.span(parts[0], parts[1]), number)

    def include(self, parts: Parts) -> nodes.Include:
        path = parts[1]
        return nodes.Include(self.span(parts[0], path), path[1:-1], path.type == "LIBRARY")

    def option(self, parts: Parts) -> nodes.Option:
        default = parts[3] if len(parts) > 2 else None
        place = self.place(parts[1])
        end = place if default is None else default.span
        return nodes.Option(self.place(parts[0]).to(end), self.name(parts[1]), place, default)

    def let(self, parts: Parts) -> nodes.Let:
        value = parts[3]
        return nodes.Let(
            self.place(parts[0]).to(value.span), self.name(parts[1]), self.place(parts[1]), value
        )

    def axis(self, parts: Parts) -> nodes.Axis:
        return nodes.Axis(self.span(parts[0], parts[2]), self.name(parts[1]))

    def rule(self, parts: Parts) -> nodes.Rule:
        label = parts[0]
        optional = parts[1].type == "OPTIONAL"
        predicate = parts[3 if optional else 2]
        if isinstance(predicate, Token):
            end, predicate = self.place(predicate), None
        else:
            end = predicate.span
        settings = None
        if len(parts) > 4:
            settings = tuple(parts[-1])
            end = settings[-1].span
        return nodes.Rule(label.span.to(end), label, optional, predicate, settings)

    def expect(self, parts: Parts) -> nodes.Expect:
        negated = isinstance(parts[1], Token)
        label = parts[2 if negated else 1]
        optional = parts[-3].type == "OPTIONAL" if isinstance(parts[-3], Token) else False
        predicate = parts[-1]
        span = self.place(parts[0]).to(predicate.span)
        return nodes.Expect(span, label, negated, optional, predicate)

    def label_start(self, parts: Parts) -> nodes.Label:
        return nodes.Label(self.place(parts[0]), (self.name(parts[0]),))

    def label_hole(self, parts: Parts) -> nodes.Label:
        opening, value = parts[1:3]
        label: nodes.Label = parts[0]
        if len(label.parts) >= language.PARTS:
            self._too_many(f"a label has more than {language.PARTS} parts", self.place(opening))
            return label
        span = label.span.to(self.place(parts[-1]))
        gaps = [self.place(opening).start - label.span.end]
        if len(parts) == 5:
            gaps.append(parts[4].start_pos - parts[3].end_pos)
        if any(gaps):
            help = write(f"{''.join(span.text.split())}")
            self.errors.append(Diagnostic("E128", "a label holds white space", span, help=help))
        self.depth += 1
        return nodes.Label(span, (*label.parts, value, *map(str, parts[4:])))

    def setting(self, parts: Parts) -> nodes.Setting:
        key, _, value = parts
        place = self.place(key)
        return nodes.Setting(place.to(value.span), self.name(key), place, value)

    # Lists

    def one(self, parts: Parts) -> Parts:
        return parts

    def first(self, parts: Parts) -> Parts:
        items: Parts = parts[0]
        return items

    def two(self, parts: Parts) -> Parts:
        return [parts[0], parts[2]]

    def more(self, parts: Parts) -> Parts:
        items: Parts = parts[0]
        items.append(parts[2])
        return items

    # Predicates

    def any_of(self, parts: Parts) -> nodes.AnyOf:
        items = parts[0]
        self.depth += 1
        return nodes.AnyOf(items[0].span.to(items[-1].span), tuple(items))

    def all_of(self, parts: Parts) -> nodes.AllOf:
        items = parts[0]
        self.depth += 1
        return nodes.AllOf(items[0].span.to(items[-1].span), tuple(items))

    def negate(self, parts: Parts) -> nodes.Not:
        self.depth += 1
        return nodes.Not(self.place(parts[0]).to(parts[1].span), parts[1])

    def compare(self, parts: Parts) -> nodes.Compare:
        left, operator, right = parts
        self.depth += 1
        return nodes.Compare(left.span.to(right.span), left, str(operator), right)

    def among(self, parts: Parts) -> nodes.Among:
        return self._among(parts, False)

    def not_among(self, parts: Parts) -> nodes.Among:
        return self._among(parts, True)

    def _among(self, parts: Parts, negated: bool) -> nodes.Among:
        left, items = parts[0], parts[-2]
        self.depth += 1
        return nodes.Among(left.span.to(self.place(parts[-1])), left, tuple(items), negated)

    def matches(self, parts: Parts) -> nodes.Matches:
        left, operator, regex = parts
        self.depth += 1
        if regex.text.startswith("=") and self.base + operator.end_pos == regex.span.start:
            start = regex.span.start
            place = Span(self.source, start - len(operator), start + 1)
            help = f"write `{operator}`; a regex that begins with `=` is quoted"
            self.errors.append(Diagnostic("E132", f"`{operator}=` is not an operator", place, help=help))
            self.refused = True
        return nodes.Matches(left.span.to(regex.span), left, regex, operator == "!~")

    def like(self, parts: Parts) -> nodes.Like:
        return self._like(parts, False)

    def not_like(self, parts: Parts) -> nodes.Like:
        return self._like(parts, True)

    def _like(self, parts: Parts, negated: bool) -> nodes.Like:
        left, glob = parts[0], parts[-1]
        self.depth += 1
        return nodes.Like(left.span.to(glob.span), left, glob, negated)

    def bare(self, parts: Parts) -> nodes.Pattern:
        return nodes.Pattern(self.place(parts[0]), str(parts[0]), False)

    def quoted(self, parts: Parts) -> nodes.Pattern:
        return nodes.Pattern(self.place(parts[0]), parts[0][1:-1], True)

    # Values

    def number(self, parts: Parts) -> nodes.Literal:
        return nodes.Literal(self.place(parts[0]), self._number(parts[0]))

    def negative(self, parts: Parts) -> nodes.Literal:
        return nodes.Literal(self.span(parts[0], parts[1]), -self._number(parts[1]))

    def _number(self, token: Token) -> int | float:
        text = token.replace("_", "")
        if text.isdecimal():
            if len(text) < 19:  # 18 digits are below the limit
                return int(text)
            if len(text.lstrip("0")) < 20 and int(text) <= language.INTEGER:
                return int(text)
            self._refuse(token, "is too large", f"whole numbers go up to {language.INTEGER}")
            return 0
        value = float(text)
        if not math.isfinite(value):
            self._refuse(token, "is too large", "numbers go up to about 1.8e308")
        elif value == 0 and text.lower().partition("e")[0].strip("0."):
            self._refuse(token, "is too close to 0", "the smallest number is about 5e-324")
        return value

    def _refuse(self, token: Token, what: str, help: str) -> None:
        shown = f"`{token}`" if len(token) <= 40 else f"a number of {len(token)} characters"
        self.errors.append(Diagnostic("E116", f"{shown} {what}", self.place(token), help=help))
        self.refused = True

    def _too_many(self, message: str, span: Span) -> None:
        if not self.refused:
            help = "let one wildcard or capture do what the list spells out"
            self.errors.append(Diagnostic("E111", message, span, "the first one too many", help=help))
            self.refused = True

    def string(self, parts: Parts) -> nodes.Literal:
        return nodes.Literal(self.place(parts[0]), parts[0][1:-1])

    def true(self, parts: Parts) -> nodes.Literal:
        return nodes.Literal(self.place(parts[0]), True)

    def false(self, parts: Parts) -> nodes.Literal:
        return nodes.Literal(self.place(parts[0]), False)

    def none(self, parts: Parts) -> nodes.Literal:
        return nodes.Literal(self.place(parts[0]), None)

    def reference(self, parts: Parts) -> nodes.Reference:
        place, text = self.place(parts[0]), str(parts[0])
        if text in RESERVED:
            self.errors.append(misplaced(text, place))
            self.refused = True
        return nodes.Reference(place, text)

    def index(self, parts: Parts) -> nodes.Index:
        self.depth += 1
        return nodes.Index(self.span(parts[0], parts[3]), self.name(parts[0]), parts[2])

    def member(self, parts: Parts) -> nodes.Member:
        member = nodes.Member(self.span(parts[0], parts[3]), str(parts[0]), tuple(parts[2]))
        if len(parts[2]) > language.PARTS:
            message = f"`{member.function}` has more than {language.PARTS} names"
            self._too_many(message, parts[2][language.PARTS].span)
        return member

    def alternative(self, parts: Parts) -> list[nodes.Alternative]:
        return [nodes.Alternative(self.place(parts[0]), str(parts[0]))]

    def more_alternatives(self, parts: Parts) -> list[nodes.Alternative]:
        alternatives: list[nodes.Alternative] = parts[0]
        alternatives.append(nodes.Alternative(self.place(parts[2]), str(parts[2])))
        return alternatives

    def call(self, parts: Parts) -> nodes.Call:
        arguments = tuple(parts[2]) if len(parts) == 4 else ()
        self.depth += 1
        return nodes.Call(self.span(parts[0], parts[-1]), self.name(parts[0]), arguments)

    def binary(self, parts: Parts) -> nodes.Arithmetic:
        left, operator, right = parts
        self.depth += 1
        return nodes.Arithmetic(left.span.to(right.span), left, str(operator), right)

    def minus(self, parts: Parts) -> nodes.Minus:
        self.depth += 1
        return nodes.Minus(self.place(parts[0]).to(parts[1].span), parts[1])

    def bracketed(self, parts: Parts) -> nodes.Expression:
        expression: nodes.Expression = replace(parts[1], span=self.span(parts[0], parts[2]))
        return expression

    def tuple_of_one(self, parts: Parts) -> nodes.Tuple:
        self.depth += 1
        return nodes.Tuple(self.span(parts[0], parts[3]), (parts[1],))

    def tuple_of_more(self, parts: Parts) -> nodes.Tuple:
        self.depth += 1
        return nodes.Tuple(self.span(parts[0], parts[4]), (parts[1], *parts[3]))

    def any_extent(self, parts: Parts) -> nodes.AnyExtent:
        return nodes.AnyExtent(self.place(parts[0]))
