"""Inventories taken with a model's own vocabulary."""

from collections.abc import Callable

from paramrules.diagnostics import Diagnostic, RulesError
from paramrules.inventories.inventory import Inventory
from paramrules.inventories.own_vocabulary import OwnFiles, VocabularyLike, using
from paramrules.inventories.vocabulary import own_files


def described(describe: Callable[[], Inventory], vocabulary: VocabularyLike | None) -> Inventory:
    """Return what `describe()` returns, an inventory taken with the model's own vocabulary.

    Raises:
        RulesError: E510 or E511 if the vocabulary cannot be read, or contradicts another; E545 if `describe`
            returns an inventory that was taken with another one.
    """
    if vocabulary is None:
        return describe()
    own = own_files(vocabulary)
    with using(own):
        inventory = describe()
    if inventory.own != own:
        raise _other_vocabulary(inventory.own, own)
    return inventory


def _other_vocabulary(taken: OwnFiles, given: OwnFiles) -> RulesError:
    names, asked = (" and ".join(f"`{file.name}`" for file in files) for files in (taken, given))
    if taken and [file.name for file in taken] == [file.name for file in given]:
        message = f"{names} has changed since the inventory was taken"
    elif taken:
        message = f"the inventory was taken with the vocabulary {names}, not with {asked}"
    else:
        message = f"the inventory was taken without the vocabulary {asked}"
    return RulesError(
        Diagnostic(
            "E545",
            message,
            help="take it again from the model with this vocabulary, or give none: it keeps its own",
        )
    )
