"""The exceptions and warnings of the package.

RulesError            every mistake in a rule file, a model, or a request about them; holds all of them
RulesWarning          the category under which findings reach Python's `warnings`
"""

from collections.abc import Sequence

from paramrules.diagnostics.diagnostic import Diagnostic
from paramrules.diagnostics.render import render
from paramrules.diagnostics.together import together


class RulesError(ValueError):
    """An error that stopped the work.

    Attributes:
        diagnostics: every error that was found, and the warnings and notes beside them. The text of the
            exception has no notes.

    >>> try:
    ...     paramrules.load("vit.rules")
    ... except paramrules.RulesError as error:
    ...     [d.code for d in error.diagnostics]
    """

    def __init__(self, diagnostics: Sequence[Diagnostic] | Diagnostic) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = (
            (diagnostics,) if isinstance(diagnostics, Diagnostic) else tuple(diagnostics)
        )
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        shown = together(d for d in self.diagnostics if d.severity != "note")
        return "\n" + "\n\n".join(map(render, shown))


class RulesWarning(UserWarning):
    """A finding that does not stop the work.

    The message begins with the code, so a filter selects it by that:

    >>> warnings.filterwarnings("ignore", "W616", paramrules.RulesWarning)
    """
