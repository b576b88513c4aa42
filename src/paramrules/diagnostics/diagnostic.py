"""One finding about a rule file, a model, or both."""

from dataclasses import dataclass, replace
from typing import NamedTuple

from paramrules.diagnostics.codes import CODES
from paramrules.diagnostics.helps import Fix, Help
from paramrules.diagnostics.source import Span


class Place(NamedTuple):
    """A span to point at, and the text beside the carets (may be empty)."""

    span: Span
    label: str = ""


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """An error, a warning or a note, as a value.

    Attributes:
        code: a declared code, such as `E301`.
        message: lower case, no full stop, the user's own words in backticks.
        span: the place; None only where no rule file is involved, as for a model that cannot be imported.
        label: the text beside the carets.
        also: further places to show: the earlier rule, the first definition.
        help: what to type instead.
        cli_help: the same for a user of the command line, where `help` speaks of Python.
        project_help: the same where the project's settings name the rules and the model.
        level: the severity that a project's settings give the code, "" for its own.
        strict: True if `strict` turned this warning into an error.
    """

    code: str
    message: str
    span: Span | None = None
    label: str = ""
    also: tuple[Place, ...] = ()
    help: str = ""
    strict: bool = False
    cli_help: str = ""
    level: str = ""
    project_help: str = ""

    def __post_init__(self) -> None:
        if self.code not in CODES:
            raise KeyError(f"{self.code} is not declared; see paramrules.diagnostics.declare")

    @property
    def severity(self) -> str:
        """`error`, `warning` or `note`."""
        return "error" if self.strict else self.level or CODES[self.code].severity

    @property
    def is_error(self) -> bool:
        """True if it stops the work."""
        return self.severity == "error"

    @property
    def fix(self) -> Fix | None:
        """The edit that the help describes, if it is one at a known place."""
        return self.help.fix(self.span) if self.span and isinstance(self.help, Help) else None

    def on_command_line(self, *, configured: bool = False) -> "Diagnostic":
        """Return the finding with the help for a user of the command line.

        Args:
            configured: whether the model is that of the project's settings, and need not be typed.
        """
        help = (self.project_help if configured else "") or self.cli_help
        return replace(self, help=help) if help else self
