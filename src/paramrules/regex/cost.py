"""E404: a regex with a bad worst case. Most are plainly harmless; the others are looked at as automata."""

from math import prod
from typing import NamedTuple

from paramrules.regex import limits
from paramrules.regex.ambiguity import Ambiguity, Entangled
from paramrules.regex.automaton import BEFORE, Automaton, build, size
from paramrules.regex.facts import nullable
from paramrules.regex.faults import Refused
from paramrules.regex.nodes import Anchor, Capture, Characters, Choice, Literal, Node, Repeat, Sequence
from paramrules.regex.parse import Parsed


def refuse_slow(text: str, parsed: Parsed) -> int:
    """Refuse a regex whose search could take more than `limits.DEGREE`-th power of the name's length.

    Returns the steps that it took to find out, for `limits.ALL_STEPS`.
    """
    bound = _bound(parsed.tree)
    if bound and bound.paths <= limits.WAYS and bound.loops < limits.DEGREE:
        return 0
    if size(parsed.tree) > limits.POSITIONS:
        raise _entangled(text)
    automaton = build(parsed)
    # A last `(a+)+` never fails, but nobody needs it either, and it is one edit away from one that does.
    unending, failing = Ambiguity(automaton, failing=False), Ambiguity(automaton, failing=True)
    refused = _judged(text, automaton, unending, failing)
    steps = sum(map(len, automaton.edges)) + unending.steps + failing.steps
    if refused:
        refused.steps = steps
        raise refused
    return steps


def _judged(text: str, automaton: Automaton, unending: Ambiguity, failing: Ambiguity) -> Refused | None:
    try:
        state = unending.exponential()
        if state is not None:
            return _exponential(text, automaton.loops[state])
        chain = failing.chain()
        if len(chain) > limits.DEGREE:
            return _polynomial(text, chain, automaton)
        return _many(text) if failing.ways() > limits.WAYS else None
    except Entangled:
        return _entangled(text)


class _Bound(NamedTuple):
    """There are at most `paths` ways through the tree, and `loops` unbounded repeats on each."""

    paths: int
    loops: int


def _bound(node: Node) -> _Bound | None:
    """A cheap bound from above, or None where a repeat needs a closer look."""
    match node:
        case Literal() | Characters() | Anchor():
            return _Bound(1, 0)
        case Capture():
            return _bound(node.item)
        case Sequence() | Choice():
            inner = [_bound(part) for part in (node.items if isinstance(node, Sequence) else node.branches)]
            known = [bound for bound in inner if bound]
            if len(known) < len(inner):
                return None
            if isinstance(node, Choice):
                return _Bound(sum(b.paths for b in known), max(b.loops for b in known))
            return _Bound(prod(b.paths for b in known), sum(b.loops for b in known))
        case _:
            bound = _bound(node.item)
            if bound is None:
                return None
            if node.most == 1:
                return _Bound(bound.paths + 1 - node.least, bound.loops)
            # One way through an item means a fixed length: only the number of rounds is open.
            if bound == (1, 0) and not nullable(node.item):
                return _Bound(1, 0 if node.most == node.least else 1)
            return None


def _exponential(text: str, loop: Repeat) -> Refused:
    return Refused(
        "E404",
        f"`{text[loop.start : loop.end]}` can take one text in exponentially many ways",
        loop.start,
        loop.end,
        help=r"let each character be taken in one way only: `a+` for `(a+)+`, `(?:\w+\.)*` for `(?:\w+\.?)*`",
    )


def _polynomial(text: str, chain: tuple[int, ...], automaton: Automaton) -> Refused:
    loops = list(dict.fromkeys(automaton.loops[state] for state in chain if state != BEFORE))
    begin = "begin with `^`, or " if BEFORE in chain else ""
    dots = any(text[loop.start] == "." for loop in loops)
    instead = (
        "write `[^.]*` for a `.*` that need not cross a dot"
        if dots
        else r"let repeats take different characters, as in `\d+\.\d+`"
    )
    return Refused(
        "E404",
        f"the time for a name could grow as its length to the power {len(chain)}; {limits.DEGREE} is allowed",
        loops[0].start,
        loops[-1].end,
        label="these repeats can take the same text" if len(loops) > 1 else "",
        help=begin + instead,
    )


def _many(text: str) -> Refused:
    return Refused(
        "E404",
        f"one text can be matched in more than {limits.WAYS:,} ways",
        0,
        len(text),
        help="let each character be taken in one way only: `a{0,25}` for `(a?){25}`",
    )


def _entangled(text: str) -> Refused:
    return Refused(
        "E406",
        "the regex is too large for its worst case to be found",
        0,
        len(text),
        help="split it into several tests with `or`, or repeat smaller groups",
    )
