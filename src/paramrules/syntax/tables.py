"""Make the parser's tables from the grammar. Only this module uses Lark.

`tables.json` beside the grammar holds them, so that reading a rule file does not import Lark. After a change
of the grammar `python grammar/make_tables.py` regenerates it; a test says when that is due.
"""

from typing import Any, Final

import lark
from lark.lexer import ContextualLexer

from paramrules.syntax.parser import checksum


class _TrustingLexer(ContextualLexer):
    """A lexer that skips the comparison of all terminals, which a test does."""

    def __init__(self, conf: Any, *rest: Any, **named: Any) -> None:
        conf.skip_validation = True
        super().__init__(conf, *rest, **named)


OPTIONS: Final[dict[str, Any]] = {
    "parser": "lalr",
    "start": "statement",
    "keep_all_tokens": True,
    "maybe_placeholders": False,
    "_plugins": {"ContextualLexer": _TrustingLexer},
}


def make_tables(grammar: str) -> dict[str, Any]:
    """Return the tables of a grammar, which are the same in every process.

    - `grammar`: its checksum.
    - `space`: a regex of what is skipped between tokens, apart from comments.
    - `terminals`: their regexes.
    - `scanners`: lists of the terminals that may come next, the preferred one first.
    - `rules`: for each production its nonterminal, its length and its method in the builder, which is empty
      where its one item stands for the whole.
    - `actions`: what to do at a terminal: shift it and go to a state, or reduce by the rule `~action`.
    - `states`: for each state the numbers of its scanner and its actions, and the states behind nonterminals.
    - `end`: the state behind a whole statement. The start is state 0.
    """
    made = lark.Lark(grammar, **OPTIONS)
    table = made.parser.parser._parse_table
    numbers = _numbers(table.states, table.start_states["statement"])
    rules = sorted(made.rules, key=repr)
    scanners, actions, states = _Distinct(), _Distinct(), []
    for state in numbers:
        moves = sorted(table.states[state].items())
        here = {
            name: numbers[to] if isinstance(to, int) else ~rules.index(to)
            for name, (_, to) in moves
            if name.isupper()
        }
        behind = {name: numbers[to] for name, (_, to) in moves if not name.isupper()}
        states.append((scanners.number(_scanner(made, here)), actions.number(here), behind))
    return {
        "grammar": checksum(grammar),
        "space": "|".join(
            terminal.pattern.to_regexp()
            for terminal in made.terminals
            if terminal.name in made.ignore_tokens and terminal.name != "COMMENT"
        ),
        "terminals": {each.name: each.pattern.to_regexp() for each in made.terminals},
        "scanners": scanners.values,
        "rules": [
            (
                str(rule.origin.name),
                len(rule.expansion),
                ""
                if len(rule.expansion) == 1 and rule.options.expand1 and not rule.alias
                else str(rule.alias or rule.origin.name),
            )
            for rule in rules
        ],
        "actions": actions.values,
        "states": states,
        "end": numbers[table.end_states["statement"]],
    }


class _Distinct:
    """A list of values without repetition."""

    def __init__(self) -> None:
        self.values: list[Any] = []

    def number(self, value: Any) -> int:
        """Return the place of a value, which is added if it is new."""
        if value not in self.values:
            self.values.append(value)
        return self.values.index(value)


def _numbers(states: dict[int, dict[str, Any]], start: int) -> dict[int, int]:
    """Number the states in an order that only the grammar decides; Lark's own differs between processes."""
    numbers = {start: 0}
    for state in (order := [start]):
        for _, (_, to) in sorted(states[state].items()):
            if isinstance(to, int) and to not in numbers:
                numbers[to] = len(numbers)
                order.append(to)
    return numbers


def _scanner(made: lark.Lark, expected: dict[str, Any]) -> list[str]:
    """Return the terminals that may stand at a place, in Lark's order: by priority, then by length."""
    here = [each for each in made.terminals if each.name in expected or each.name == "COMMENT"]
    here.sort(key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name))
    return [terminal.name for terminal in here]
