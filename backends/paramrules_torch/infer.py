"""A rule file from a loop that makes param groups."""

from collections.abc import Callable, Iterable
from typing import Any

from torch import nn

from paramrules.backends import (
    Inferred,
    Inventory,
    Ungrouped,
    VocabularyLike,
    refuse_non_module,
)
from paramrules.backends import infer as infer_from_any
from paramrules_torch.backend import backend


def infer(
    model: nn.Module,
    groups: Callable[[Any], object] | object,
    *,
    also: Iterable[nn.Module] = (),
    checks: Iterable[nn.Module] = (),
    missing: Ungrouped = "error",
    vocabulary: VocabularyLike | None = None,
) -> Inferred:
    """Return a rule file that gives the parameters of a model the settings that code gives them.

    Args:
        model: the model, wrapped or not, on any device.
        groups: a function that is called with the model and returns its groups; or what it returned: param
            groups as `torch.optim` takes them, an optimizer, a list or dict of optimizers, or settings by
            name, `{"head.weight": {"weight_decay": 0.1}}`. A function may freeze parameters, which the file
            then does, and change the model in no other way.
        also: further sizes of the model, on which the file has to hold too; `groups` is a function then.
        checks: models on which the finished file is tried: `Inferred.checks` holds the names to which it
            gives other settings than the function; `groups` is a function then.
        missing: what a trained parameter that is in no group is: `"error"`, or `"skip"` for one that another
            optimizer takes.
        vocabulary: see `paramrules.inventory`.

    Returns:
        The file as `text` and `rules`; in `base` the settings that all groups share, for the optimizer itself
        (`muon.momentum` where groups go to several); in `listed` the rules that only list names.

    Raises:
        RulesError: E519 for something that is not a module; E952 to E958 for groups that cannot be read, E961
            to E965 for groups that no file describes; what `paramrules.inventory` raises.
        TypeError, ValueError: for an argument that does not fit. What a function raises comes as it is.

    >>> inferred = infer(vit_tiny, make_groups, checks=[vit_base])
    >>> [check.names for check in inferred.checks]
    [()]
    >>> Path("vit.rules").write_text(inferred.text)
    """
    models, others = list(also), list(checks)
    for each in (model, *models, *others):
        if not (backend.recognises(each) or isinstance(each, Inventory)):
            raise refuse_non_module(each, "torch.nn.Module")
    return infer_from_any(model, groups, also=models, checks=others, missing=missing, vocabulary=vocabulary)
