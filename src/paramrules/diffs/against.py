"""Rule files compared with what they are in a revision, or with another file."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from paramrules.comparison.settings import BOTH, check_compared
from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.diffs.changes import Diff
from paramrules.diffs.diffs import Diffs
from paramrules.diffs.former_targets import FormerTargets
from paramrules.diffs.lock_changes import LockChange, lock_changes
from paramrules.diffs.sides import diff_targets
from paramrules.display import from_here
from paramrules.git_files import GitFile, for_git
from paramrules.inventories import Inventory
from paramrules.projects import Models, Target
from paramrules.rules.shipped import names_shipped


def diff_project(
    former: FormerTargets,
    targets: Iterable[Target],
    build: Callable[[Models], Sequence[Inventory]],
    *,
    compare: str = BOTH,
) -> Diffs:
    """Compare the rule files of several targets with what they are in a revision.

    The models are those of now. What has become of a model itself, the locks of both sides say.

    Args:
        former: the targets as they were in the revision.
        targets: the rule files, the models, and the options of rules.
        build: describes the models.
        compare: as for `diff`.

    Raises:
        RulesError: what `diff` raises.
    """
    by_lock: dict[str, list[Diff]] = {}
    several = []
    for target in targets:
        several.append(diff_against(former, target, build, compare=compare))
        by_lock.setdefault(target.lock, []).extend(several[-1].diffs)
    found = Diffs.joined(several)
    more = list(lock_changes(former.revision, by_lock, compare))
    new = tuple(dict.fromkeys(found.new_files))
    gone = tuple(former.gone_files)
    return found._replace(
        new_files=new,
        gone_files=gone,
        new_targets=tuple(former.came(map(from_here, new))),
        gone_targets=tuple(former.went(gone)),
        locks=tuple(each for each in more if isinstance(each, LockChange)),
        findings=(*former.findings, *(each for each in more if isinstance(each, Diagnostic))),
    )


def diff_against(
    former: FormerTargets,
    target: Target,
    build: Callable[[Models], Sequence[Inventory]],
    *,
    compare: str = BOTH,
) -> Diffs:
    """Compare the rule file of a target with what it is in a revision, on each model of the target.

    Each side has the options, the inputs, the stacks and the vocabulary of its settings. The models are those
    of now. A file that the revision does not have is a new one; a shipped policy is the same in all
    revisions.

    Args:
        former: the targets as they were in the revision.
        target: the rule file, the models, and the options of rules.
        build: describes the models.
        compare: as for `diff`.

    Raises:
        RulesError: what `diff` raises.
    """
    check_compared(compare)
    pairs = list(former.of(target))
    old: GitFile | str = target.rules
    if not names_shipped(target.rules):
        old = GitFile(former.revision, for_git(target.rules), follows=True)
        old.require_revision()
        if not old.is_file():
            old.require_no_submodule()
            return Diffs((), new_files=(target.rules,))
    inventories = _by_name(target.models, build)
    before = _described_then(former, [then.models for now, then in pairs if then.models != now.models], build)
    return Diffs(
        tuple(
            diff_targets(
                (old, then, before.get(model.text, inventories[model.text])),
                (target.rules, now, inventories[model.text]),
                compare,
            )
            for now, then in pairs
            for model in now.models.names
        )
    )


def _described_then(
    former: FormerTargets, several: Sequence[Models], build: Callable[[Models], Sequence[Inventory]]
) -> dict[str, Inventory]:
    """Return models as the settings of the revision describe them, without those for which that fails.

    Models of the same description are built together, because a stack has to be in one of them.
    """
    alike: list[Models] = []
    for each in several:
        known = [n for n, other in enumerate(alike) if replace(other, names=each.names) == each]
        if known:
            alike[known[0]] = replace(each, names=(*alike[known[0]].names, *each.names))
        else:
            alike.append(each)
    found: dict[str, Inventory] = {}
    for models in alike:
        try:
            found |= _by_name(models, build)
        except RulesError as error:
            shown = ", ".join(f"`{name.text}`" for name in models.names)
            former.not_used(f"what the settings say of {shown}", error)
    return found


def _by_name(models: Models, build: Callable[[Models], Sequence[Inventory]]) -> dict[str, Inventory]:
    return dict(zip((name.text for name in models.names), build(models), strict=True))


def is_revision(old: str) -> bool:
    """Return whether a text names a revision alone, and no rule file, lock, or `REV:path`."""
    names_a_file = ":" in old or names_shipped(old) or old.endswith((".rules", ".lock"))
    return not (names_a_file or os.path.lexists(old))
