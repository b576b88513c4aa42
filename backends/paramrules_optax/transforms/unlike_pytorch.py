"""Warnings about settings that mean one thing in an optimizer of optax and another in PyTorch's."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from paramrules.backends import Assignment, Diagnostic, Group, report
from paramrules_optax.setting_names import RENAMED
from paramrules_optax.transforms.counterparts import counterpart_of
from paramrules_optax.transforms.optax_factories import OptaxFactory


class Unlike(NamedTuple):
    """A setting that means something else: how, and the factory to which it means what PyTorch means."""

    message: str
    instead: str

    def help(self, otherwise: str) -> str:
        """Return the help, with how to keep optax's meaning."""
        return f"for PyTorch's meaning pass `{self.instead}`; for Optax's, {otherwise}"


class GroupSettings(NamedTuple):
    """A group, its optimizer, all settings of that, and whether its rate follows a schedule."""

    group: Group
    factory: OptaxFactory
    settings: Mapping[str, Any]
    scheduled: bool

    def unlike(self, key: str) -> Unlike | None:
        """Return what the optimizer does with a key that was set; None if it is what PyTorch does."""
        counterpart = counterpart_of(self.factory.factory, self.settings)
        if counterpart is None:
            return None
        for own in (key, *RENAMED.get(key, ())):
            if own in counterpart.unlike and self.settings[own]:
                outside = own == "eps" and self.settings.get("eps_in_sqrt") is False
                at_one_rate = own == "momentum" and not self.scheduled
                if not (outside or at_one_rate):
                    what = counterpart.unlike[own].format(key=key)
                    return Unlike(f"`{self.factory.spec.called}` {what}", counterpart.called)
        return None


def unlike_pytorch(
    assignment: Assignment, groups: Iterable[GroupSettings], given: Iterable[str]
) -> list[Diagnostic]:
    """Return warnings (W650) about settings that do not mean what they mean in PyTorch.

    What `functools.partial` binds to a factory is meant as that factory means it.

    Args:
        assignment: the assignment.
        groups: its groups.
        given: the settings that the caller passed, for all optimizers.
    """
    by_caller: dict[Unlike, None] = {}
    by_rules: dict[tuple[str, Unlike], list[Group]] = {}
    for one in groups:
        for key in given:
            if key not in one.factory.spec.bound and (unlike := one.unlike(key)):
                by_caller[unlike] = None
        for key in one.group.settings:
            if unlike := one.unlike(key):
                by_rules.setdefault((key, unlike), []).append(one.group)
    found = [
        Diagnostic("W650", unlike.message, help=unlike.help("bind it with `functools.partial`"))
        for unlike in by_caller
    ]
    for (key, unlike), having in by_rules.items():
        help = unlike.help("write `# allow: W650 -- why` above")
        found.append(
            report("W650", unlike.message, help, assignment=assignment, groups=having, key=key, whole=True)
        )
    return found
