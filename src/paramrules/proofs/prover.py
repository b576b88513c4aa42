"""The function `prove`: do two rule files give every parameter of every model the same group?"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice, zip_longest
from typing import Final, get_args

from paramrules.assignment.assign import RulesLike, rules_from
from paramrules.assignment.value_evaluator import Scalar
from paramrules.display import value_text
from paramrules.inventories.own_vocabulary import VocabularyLike, using
from paramrules.inventories.vocabulary import own_files
from paramrules.proofs.changed_rules import changed
from paramrules.proofs.choices import Read, Reading, Taken
from paramrules.proofs.conjunctions import ALWAYS
from paramrules.proofs.constants import with_constants
from paramrules.proofs.examples import Model, deciding, group, inventory, marks
from paramrules.proofs.outcomes import DEFAULT
from paramrules.proofs.parameters import TIED, Parameters
from paramrules.proofs.proof import Answer, Compare, Counterexample, Proof, Undecided
from paramrules.proofs.search import Choice, List, Search, Situation, pinned
from paramrules.rules.dnf import Budget, GaveUp
from paramrules.rules.model import Rules
from paramrules.rules.terms import OptionFlag

STEPS: Final = 400_000
"""Steps of one proof: some seconds."""

_EXAMPLES: Final = 6
"""Counterexamples of which the smallest is shown."""
_TRIES: Final = 20
"""Combinations of facts for which examples are made, none of which differs."""
_EXAMPLE: Final = 100
"""Steps of making one example, and of evaluating it; each rule adds one."""
_LONG: Final = 100
"""Rules of both files of which not all are looked at before an example is tried."""
_GUESSES: Final = 3
"""Examples that are tried then."""
_INHERITED: Final = "its settings depend on which rule with its label takes something first"
_NAMES: Final = "it may read a name of a tied parameter that the other file's rule does not"
_TEST: Final = "no parameter was found that it takes and the other file's rule does not"
_VALUES: Final = "its values may equal those of the other file's rule"


def prove(
    a: RulesLike,
    b: RulesLike,
    compare: Compare = "both",
    *,
    vocabulary: VocabularyLike = (),
    steps: int = STEPS,
) -> Proof:
    """Prove that two rule files give every parameter of every model the same group, or find one that differs.

    Models that a file refuses are left out, and `expect` statements are not compared. An option of both files
    with one default may have any value; any other has its default.

    Args:
        a: `Rules` from `paramrules.load`, or a rule file as `load` takes it.
        b: the other.
        compare: what of the groups to compare: `labels`, `settings` or `both`.
        vocabulary: the TOML files that put further classes into families, as those of the models do; by
            default families are those of the installed vocabulary.
        steps: the work after which the comparison is given up as undecided.

    Returns:
        The proof. Its `answer` is `equal`, `different` with a `counterexample`, or `undecided` with the parts
        that could not be compared.

    Raises:
        RulesError: the errors of a file.
        TypeError: `vocabulary` is neither a path nor a sequence of paths.
        ValueError: `compare` is another word.

    >>> paramrules.prove("old.rules", "new.rules").answer
    'equal'
    """
    if compare not in get_args(Compare):
        allowed = " or ".join(map(repr, get_args(Compare)))
        raise ValueError(f"`compare` is {compare!r:.60} and should be {allowed}")
    files = rules_from(a, "prove(a, b)"), rules_from(b, "prove(a, b)")
    with using(own_files(vocabulary)):
        return _Prover(files, compare, steps).proof()


class _Prover:
    """The comparison of two files."""

    def __init__(self, files: tuple[Rules, Rules], compare: Compare, steps: int) -> None:
        one, other = files
        self._compare: Compare = compare
        self._steps = steps
        self._budget = Budget(steps)
        self._assumed: list[str] = []
        self._options: dict[str, Scalar] = {}
        self._others: dict[str, Scalar] = {}
        self._rules = self._settled(one, other), self._settled(other, one)
        self._undecided: dict[Undecided, None] = {}
        self._found: list[Counterexample] = []
        self._tries = 0
        self._cells = 0

    def _settled(self, rules: Rules, other: Rules) -> Rules:
        """Return rules in which the options that the other file does not share have their defaults."""
        values: dict[str, Scalar] = {}
        for name, option in rules.options.items():
            theirs = other.options.get(name)
            if repr(option) == repr(theirs):  # to `==`, 1 is true
                if option.required:
                    self._options[name] = 0.5
                elif isinstance(option.default, str):
                    self._others[name] = f"not {option.default}"
            elif not option.required:
                values[name] = option.default
                default = value_text(option.default)
                self._assumed.append(f"the option `{name}` of {rules.source.name} is {default}")
        return with_constants(rules, values)

    def proof(self) -> Proof:
        """Return the proof."""
        try:
            self._decide()
        except GaveUp as error:
            if self._budget.left >= 0:
                reason = str(error) or "it has too many tests of one kind"
            else:
                reason = f"the comparison takes more than {self._steps:,} steps"
            self._undecided = {Undecided(reason, self._rules[0].axes[0].rules[0].span): None}
        answer: Answer = "different" if self._found else "undecided" if self._undecided else "equal"
        return Proof(
            answer,
            min(self._found, key=_size) if self._found else None,
            () if self._found else tuple(self._undecided),
            tuple(self._assumed),
            self._cells,
            self._steps - max(self._budget.left, 0),
        )

    def _decide(self) -> None:
        self._reading = reading = Reading(self._rules, self._compare, self._budget)
        self._search = Search(reading.names, self._budget)
        self._parameters = Parameters(reading.names, reading.tensors, reading.matched)
        one, other = reading.axes
        if reading.unread:
            self._undecided = dict.fromkeys(reading.unread)
            return
        if len(one) == len(other):
            for pair in zip(one, other, strict=True):
                self._compare_axes(([pair[0]], [pair[1]]))
                if self._found:
                    return
            if not self._undecided or len(one) == 1:
                return
            self._undecided, self._tries = {}, 0
        self._compare_axes((one, other))

    def _compare_axes(self, sides: tuple[Sequence[Read], Sequence[Read]]) -> None:
        """Look for parameters that these axes of the first file treat unlike those of the second."""
        reading = self._reading
        axes = [axis for side in sides for axis in side]
        split = len(sides[0])
        if [axis.choices for axis in sides[0]] == [axis.choices for axis in sides[1]]:
            return  # they do the same, whatever is not understood

        def alike(outcomes: Sequence[int]) -> bool:
            chosen = [reading.outcome(number) for number in outcomes]
            return reading.key(chosen[:split]) == reading.key(chosen[split:])

        lists = [axis.choices for axis in axes]
        for start in self._starts(lists):
            for situation, picks in self._search.differing(lists, alike, start):
                taken = [axis.taken[at] for axis, at in zip(axes, picks, strict=True)]
                self._try(situation, taken[:split], taken[split:])
                if self._enough():
                    break
        self._cells = self._search.cells
        if self._found:
            return
        if split == len(sides[1]) == 1:
            self._compare_names(sides[0][0], sides[1][0])
        else:
            by_name = (taken for axis in axes for taken in axis.taken if taken.outcome.by_name)
            self._undecided |= {Undecided(_NAMES, t.rule.span): None for t in by_name if t.rule is not None}

    def _enough(self) -> bool:
        return len(self._found) == _EXAMPLES or self._tries >= _TRIES

    def _starts(self, lists: Sequence[List]) -> Iterator[Situation | None]:
        """Yield situations without which no parameter is treated differently; None for any.

        Where the files are long, what is not decided there is left to chance first.
        """
        if len(lists) > 2:
            yield None
            return
        for start, _ in self._search.differing(changed(*lists), lambda outcomes: outcomes[0] == outcomes[1]):
            if sum(map(len, lists)) < _LONG or not self._guessed(start):
                yield start
            if self._enough():
                return

    def _guessed(self, situation: Situation) -> bool:
        """Try a few examples of what is decided so far."""
        try:
            return any(
                map(partial(self._differs, situation), islice(self._parameters.all(situation), _GUESSES))
            )
        except GaveUp:
            if self._budget.left < 0:
                raise
            return False

    def _try(self, situation: Situation, one: Sequence[Taken], other: Sequence[Taken]) -> None:
        """Make a parameter of a situation, and see whether the files really treat it differently."""
        made = False
        try:
            for made_ in self._parameters.all(situation):
                made = True
                if self._differs(situation, made_):
                    return
        except GaveUp:  # there may be a parameter, and none was found
            if self._budget.left < 0:
                raise
            made = True
        if made:
            self._tries += 1
            self._undecided |= dict.fromkeys(self._reasons(one, other))

    def _differs(self, situation: Situation, wanted: Model) -> bool:
        self._budget.spend(_EXAMPLE + sum(len(axis.rules) for rules in self._rules for axis in rules.axes))
        given = dict(self._options)
        for fact, value in situation.facts.items():
            if fact.what is OptionFlag:
                given[fact.subject] = value
        for name in wanted.names:
            given |= name.options
        model = inventory(wanted)
        for options in (given, self._others | given) if self._others else (given,):
            a, b = (group(rules, model, options) for rules in self._rules)
            if a and b and a.key(self._compare) != b.key(self._compare):
                break
        else:
            return False
        first = model.parameter(0)
        self._found.append(
            Counterexample(
                names=first.names,
                owner=first.owner.cls.name,
                shape=first.shape,
                dtype=first.dtype,
                role=str(first.role),
                groups=(a.label, b.label),
                settings=(a.settings, b.settings),
                rules=tuple(deciding(self._rules, (a, b), self._compare)),
                options=options,
                modules=marks(wanted),
                inventory=model,
            )
        )
        return True

    def _reasons(self, one: Sequence[Taken], other: Sequence[Taken]) -> Iterator[Undecided]:
        for a, b in zip_longest(one, other, fillvalue=Taken(None, DEFAULT)):
            for taken in (a, b):
                if taken.rule is None:
                    continue
                if a.outcome == b.outcome:
                    reason = _NAMES
                elif taken.outcome.inherited:
                    reason = _INHERITED
                elif self._reading.is_constant(a.outcome) and self._reading.is_constant(b.outcome):
                    reason = _TEST
                else:
                    reason = _VALUES
                yield Undecided(reason, taken.rule.span)

    def _compare_names(self, one: Read, other: Read) -> None:
        """Look for tied parameters of which both files read captures or attributes, at different names."""
        pairs = [
            (at, place)
            for at, choice in enumerate(one.choices)
            for place, against in enumerate(other.choices)
            if choice.outcome == against.outcome
            and one.taken[at].outcome.by_name
            and choice.cubes != against.cubes
        ]
        for at, place in pairs:
            lists = [_pinned(one.choices, at), _pinned(other.choices, place)]
            taken = [one.taken[at]], [other.taken[place]]
            for situation, _ in self._search.differing(lists, lambda outcomes: set(outcomes) != {0, 1}):
                self._try(replace(situation, facts={**situation.facts, TIED: True}), *taken)
                if self._found or self._tries >= _TRIES:
                    return


def _pinned(choices: Sequence[Choice], at: int) -> list[Choice]:
    """Return a list whose outcome is 0 if a rule takes something at the pinned name, else 1, or 2 for no."""
    cubes = choices[at].cubes
    return [
        *(choice._replace(outcome=2) for choice in choices[:at]),
        Choice(list(map(pinned, cubes)), 0),
        Choice(cubes, 1),
        Choice([ALWAYS], 2),
    ]


def _size(example: Counterexample) -> tuple[object, ...]:
    """Return what is smallest for the example that is easiest to read."""
    names = example.inventory.names
    return len(names), sum(map(len, names)), len(example.shape), len(example.options), example.shape
