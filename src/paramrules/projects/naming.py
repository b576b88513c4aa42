"""Names for the models of several targets."""

from collections.abc import Iterable

from paramrules.assignment.names_with_options import Named, names_with_options
from paramrules.projects.project import Target
from paramrules.rules import Rules


def model_names(targets: Iterable[tuple[Target, Rules]]) -> list[str]:
    """Return a name for each model of each target, to tell them apart in headings.

    It is the model's, with the options that differ if several targets of a rule file have the model. Options
    of the command line are the same for all targets.
    """
    several = []
    for target, rules in targets:
        options = {name: option.default for name, option in rules.options.items()} | dict(target.options)
        options = {name: value for name, value in options.items() if name not in target.given}
        several += [Named(target.rules, model.text, options) for model in target.models.names]
    return names_with_options(several)
