"""One finding about a rule file, a model, or both."""

from dataclasses import dataclass
from typing import NamedTuple

from paramrules.diagnostics.codes import CODES
from paramrules.diagnostics.source import Span


class Place(NamedTuple):
    """Where a finding points, and what is said beside the carets (may be empty)."""

    span: Span
    label: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """An error or a warning, as a value.

    `message` is lower case, has no full stop, and puts the user's own words in backticks. `label` is
    what stands beside the carets, `also` the other places that the reader has to see (the earlier
    rule, the first definition), `help` what to type instead. `span` is None only where no rule file
    is involved: a model that cannot be imported, a tree that cannot be read.
    """

    code: str
    message: str
    span: Span | None = None
    label: str = ""
    also: tuple[Place, ...] = ()
    help: str = ""
    strict: bool = False
    """A warning that `strict` made an error."""

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise KeyError(f"{self.code} is not declared; see paramrules.diagnostics.declare")

    @property
    def severity(self) -> str:
        """`error` or `warning`."""
        return "error" if self.strict else CODES[self.code].severity

    @property
    def is_error(self) -> bool:
        """Whether it stops the work."""
        return self.severity == "error"
