"""The costs by which `infer` chooses between files that say the same (docs/inferring.md explains them).

A cost is roughly how much a reader has to take in, plus how unlikely it is that the test means the same on a
model of another size or family. The smallest sum wins. Ties go to the text that comes first in the alphabet.
"""

from typing import Final

RULE: Final = 2.0
"""A rule, before anything it says."""

AND: Final = 0.5
OR: Final = 0.4
NOT: Final = 2.2
UNLIKE: Final = 1.6
"""The words that combine tests: a class or role that is excluded is seldom what was meant."""

ELSEWHERE: Final = 4.5
"""Added to a test of anything but the name in an axis that counts blocks, which depends on place; and to
a mark that speaks of decay in an axis that sets none."""

NDIM: Final = 1.0
TRAINABLE: Final = 1.0
ROLE: Final = 1.3
OTHER: Final = 6.0
AXES: Final = 1.2
SQUEEZED: Final = 2.2
ATTRIBUTE: Final = 1.2
"""Facts of a parameter, which mean the same on every size. `OTHER` is a role that means nothing on the next
model; `AXES` is added for a number of axes above 2."""

FAMILY: Final = 1.6
CLASS: Final = 2.4
WITHIN: Final = 2.7
DOTTED: Final = 3.4
VARIABLE: Final = 2.4
"""Classes: a family of the vocabulary, a class by name, a class around, a class by its dotted name."""

BIAS: Final = 1.8
WORD: Final = 2.6
PIECE: Final = 0.5
TOP: Final = 2.1
LEAF: Final = 2.7
PART: Final = 2.9
PATH: Final = 0.8
DIGITS: Final = 0.5
LETTER: Final = 0.01
"""Names: `bias`, a component anywhere, what a piece of one adds, the first component, the last, one inside;
each further component of a path, each number in it, and each letter."""

ALIAS: Final = 0.2
"""The extra cost of a tied parameter's name after its first, such as `head` for a tied embedding."""

INDEX: Final = 3.5
RECENT: Final = 3.2
FURTHER: Final = 0.3
BUT: Final = 0.2
EXTENT: Final = 12.0
FULL_NAME: Final = 14.0
"""Tests that seldom hold on another size: a block's number from the start or the end, with what each further
block and "all but" add, an extent, a name."""

CONSTANT: Final = 1.0
DIGIT: Final = 0.25
POWER: Final = 0.6
FORMULA: Final = 4.0
FITTED: Final = 1.5
"""Settings: a constant and each of its digits but the first, a power of a rate that a formula has, a formula,
and what makes a formula less plain."""

ELSE_DEFAULT: Final = -2.2
"""`else` for the parameters whose settings are the optimizer's own, or the commonest."""

ABSOLUTE: Final = 1.5
UNUSUAL: Final = 1.5
"""Learning rates that do not follow the optimizer's; scales of another rate than the commonest."""

APART: Final = 1.0
"""An axis of its own for decay that follows the learning rate."""

SEPARATE: Final = 1.3
"""Added to a number of axes in an axis with several decays, which depend on the kind of layer."""

ELSE_TRAINED: Final = -1.0
ELSE_FAR: Final = 4.0
"""`else` for what is trained; for the parameters in front of the first block: what nobody thought of belongs
to the head."""

LONG: Final = 8.0
"""The cost of a predicate from which a comment says that no short test was found."""

SHARED: Final = 1.0
"""A match that counts blocks which another rule counts by a match of its own."""

BESIDE: Final = 1.2
"""A fact, or an owner's class, beside the number of a block: rules that go by blocks go by the place."""

HALF: Final = 1.0
"""Added to the number of a block for a part of them all: the first third."""

LATE: Final = 0.2
"""Each rule above one that counts blocks: what blocks have in their names should not decide."""
