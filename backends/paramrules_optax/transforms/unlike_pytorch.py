"""Warnings about settings that mean one thing in an optimizer of optax and another in PyTorch's."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from paramrules.backends import Assignment, Diagnostic, Group, report
from paramrules_optax.setting_names import RENAMED
from paramrules_optax.transforms.counterparts import COUNTERPARTS
from paramrules_optax.transforms.optax_factories import OptaxFactory


class GroupSettings(NamedTuple):
    """A group, its optimizer, all settings of that, and whether its rate follows a schedule."""

    group: Group
    factory: OptaxFactory
    settings: Mapping[str, Any]
    scheduled: bool

    def unlike(self, key: str) -> str | None:
        """Return what the optimizer does with a key that was set; None if it is what PyTorch does."""
        counterpart = COUNTERPARTS.get(self.factory.factory)
        if counterpart is None:
            return None
        for own in (key, *RENAMED.get(key, ())):
            if own in counterpart.unlike and self.settings[own]:
                outside = own == "eps" and self.settings.get("eps_in_sqrt") is False
                at_one_rate = own == "momentum" and not self.scheduled
                if not (outside or at_one_rate):
                    return f"`{self.factory.spec.called}` {counterpart.unlike[own].format(key=key)}"
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
    by_caller: dict[str, GroupSettings] = {}
    by_rules: dict[tuple[str, str], list[GroupSettings]] = {}
    for one in groups:
        for key in given:
            if key not in one.factory.spec.bound and (message := one.unlike(key)):
                by_caller.setdefault(message, one)
        for key in one.group.settings:
            if message := one.unlike(key):
                by_rules.setdefault((key, message), []).append(one)
    found = [
        Diagnostic("W650", message, help=f"{_instead(one)}, bind it with `functools.partial`")
        for message, one in by_caller.items()
    ]
    for (key, message), having in by_rules.items():
        found.append(
            report(
                "W650",
                message,
                f"{_instead(having[0])}, write `# allow: W650 -- why` above",
                assignment=assignment,
                groups=[one.group for one in having],
                key=key,
                whole=True,
            )
        )
    return found


def _instead(one: GroupSettings) -> str:
    called = COUNTERPARTS[one.factory.factory].called
    return f"for PyTorch's meaning pass `{called}`; for Optax's"
