"""Names for the models of several targets."""

from collections.abc import Iterable

from paramrules.assignment.names_with_options import Named, names_with_options
from paramrules.projects.project import Target
from paramrules.rules import Rules


def model_names(models: Iterable[tuple[Target, Rules, str]]) -> list[str]:
    """Return a name for each model, to tell them apart in headings.

    It is the model's own, with the options that differ if several targets of a rule file have the model.
    Options of the command line are the same for all targets.

    Args:
        models: the target of each model, its rules, and its own name.
    """
    several = []
    for target, rules, name in models:
        options = {option.name: option.default for option in rules.options.values()} | dict(target.options)
        typed = target.given.keys()
        options = {option: value for option, value in options.items() if option not in typed}
        several.append(Named(target.rules, name, options))
    return names_with_options(several)
