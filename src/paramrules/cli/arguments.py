"""The arguments and options of commands on models."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial, wraps
from itertools import pairwise
from shlex import quote
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from paramrules.cli.answer import CONFIGURED, WORDS, Answer, current_project
from paramrules.cli.file_arguments import RuleFile, complete_file, names_rules
from paramrules.cli.layout import progress
from paramrules.diagnostics import RulesError
from paramrules.named_models.example_inputs import ExampleInput, read_input
from paramrules.named_models.model_name import ModelName, read_groups_name, read_model_name
from paramrules.projects import Models, Typed, choose
from paramrules.rules.shipped import names_shipped
from paramrules.sources import source

if TYPE_CHECKING:
    from paramrules.inventories import Inventory
    from paramrules.projects import Target
    from paramrules.rules import Rules

_Read = TypeVar("_Read")
_ModelsOf = Callable[[tuple[ModelName, ...]], Models]
"""Makes `Models` of names and of the options that describe them."""


def _reads(read: Callable[[str], _Read]) -> Callable[[str], _Read]:
    """Make what a reader refuses a mistake in the command line."""

    @wraps(read)
    def reading(text: str) -> _Read:
        try:
            return read(text)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None

    return reading


model_name = _reads(read_model_name)
groups_name = _reads(read_groups_name)


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise click.BadParameter(f"`{text}` does not set an option; write `--option NAME=VALUE`")
    return name.strip(), value.strip()


def _stack(text: str) -> tuple[str, int]:
    path, equals, count = text.rpartition("=")
    if not equals or not count.strip().isdecimal():
        raise click.BadParameter(f"`{text}` does not declare a stack; write `--stacked PATH=1`")
    return path.strip(), int(count)


_rule_file = click.argument("file", type=RuleFile(), required=False)
_with_traceback = click.option(
    "--traceback", is_flag=True, help="Print the full traceback if the model's code fails."
)
_models = click.option(
    "--model",
    "-m",
    "models",
    metavar="M",
    type=model_name,
    shell_complete=complete_file,
    multiple=True,
    help="`package.module:NAME`, `path.py:NAME`, a call `module:make('tiny')`, or a saved inventory (.json). "
    "May be repeated; by default those of the project's settings.",
)
_given = click.option(
    "--option",
    "given",
    metavar="NAME=VALUE",
    type=_setting,
    multiple=True,
    callback=lambda context, option, given: dict(given),
    help="Set an option of the rule file: `--option rate=0.8`. May be repeated.",
)
_stacks = click.option(
    "--stacked",
    metavar="PATH=AXES",
    type=_stack,
    multiple=True,
    callback=lambda context, option, given: dict(given),
    help="The number of leading axes of all arrays below a path that are layers: `--stacked layers=1`. "
    "May be repeated.",
)
with_vocabulary = click.option(
    "--vocabulary",
    metavar="FILE",
    type=click.Path(),
    multiple=True,
    help="A TOML file that says what classes of the model are: `norms.toml`. May be repeated.",
)
_inputs = click.option(
    "--input",
    metavar="INPUT",
    type=_reads(read_input),
    multiple=True,
    help="An argument of a linen module or haiku function, which has no parameters before it runs: a shape "
    '`"(1, 224, 224, 3)"`, an array `int32[1,128]`, or by name `train=False`. May be repeated.',
)
_strict = click.option("--strict", is_flag=True, help="Report dead rules and left-over parameters as errors.")


def on_models(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the arguments of a command that assigns rules to models: it gets a list of `targets`."""
    return _rule_file(_on_chosen_models(command))


def on_models_of_then(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the arguments of `on_models`: it also gets `choose_then`, from other settings to their targets."""
    return _rule_file(_on_chosen_models(command, with_then=True))


def on_two_models(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the arguments of a command that compares models."""
    return _rule_file(_on_chosen_models(command, with_strict=False))


def on_names(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the arguments of a command on some parameters of models: it gets `targets` and `names`."""
    chosen = _on_chosen_models(command)

    @wraps(chosen)
    def split(words: tuple[str, ...], **rest: Any) -> Answer:
        file, names = (words[0], words[1:]) if names_rules(words[0]) else (None, words)
        for name in names if file is None else ():
            if name.endswith(".rules") or names_shipped(name):
                ordered = [name, *(word for word in names if word != name)]
                command = click.get_current_context().command_path
                raise click.UsageError(
                    f"the rule file comes first: `{command} {' '.join(map(quote, ordered))}`"
                )
        if not names:
            raise click.UsageError("Missing argument 'NAME...'.")
        return cast("Answer", chosen(file=file, names=names, **rest))

    return click.argument(
        "words", metavar="[FILE] NAME...", nargs=-1, required=True, shell_complete=complete_file
    )(split)


def _on_chosen_models(
    command: Callable[..., Any], *, with_strict: bool = True, with_then: bool = False
) -> Callable[..., Any]:
    """Add the options that choose models, for a command with an argument `file` of its own."""

    @wraps(command)
    def on_targets(
        file: str | None,
        models: tuple[ModelName, ...],
        models_of: _ModelsOf,
        given: dict[str, str],
        strict: bool = False,
        **rest: Any,
    ) -> Answer:
        typed = Typed(file, models_of(models), given, strict)
        click.get_current_context().meta[CONFIGURED] = not models and ":" not in (file or "")  # `REV:path`
        try:
            targets = choose(typed, current_project())
        except RulesError:
            raise
        except ValueError as error:
            context = click.get_current_context()
            refuse_misplaced_model(context.meta[WORDS], context.command.params)
            raise click.UsageError(str(error)) from None
        if with_then:
            rest["choose_then"] = partial(choose, typed)
        return cast("Answer", command(targets=targets, **rest))

    last = _given(_strict(_with_traceback(on_targets)) if with_strict else _with_traceback(on_targets))
    return _models(_describing(last))


def on_compared_models(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a command that may need models: it gets `choose_for`, from a rule file to targets.

    For None it returns all targets, or refuses the command line if there are none. `choose_then` returns the
    targets of other settings.
    """

    @wraps(command)
    def choosing(
        models: tuple[ModelName, ...],
        models_of: _ModelsOf,
        given: dict[str, str],
        **rest: Any,
    ) -> Answer:
        def choose_for(file: str | None) -> "list[Target]":
            try:
                return choose(Typed(file, models_of(models), given), current_project())
            except RulesError:
                raise
            except ValueError as error:
                if file is None or models:
                    raise click.UsageError(str(error)) from None
                return []

        choose_then = partial(choose, Typed(None, models_of(models), given))
        return cast("Answer", command(choose_for=choose_for, choose_then=choose_then, **rest))

    return _models(_describing(_given(_with_traceback(choosing))))


def on_one_model(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say more about a model: the command gets it as `model`, a `Models`.

    None for a model that need not be named, and is not.
    """

    @wraps(command)
    def on_model(model: ModelName | None, models_of: _ModelsOf, **rest: Any) -> Answer:
        return cast("Answer", command(model=models_of((model,)) if model else None, **rest))

    return _describing(_with_traceback(on_model))


def on_many_models(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a command on models without rules: it gets them as `models`, a `Models`."""

    @wraps(command)
    def on_them(models: tuple[ModelName, ...], models_of: _ModelsOf, **rest: Any) -> Answer:
        if not models:
            raise click.UsageError("name a model, `--model vit.py:ViT`")
        return cast("Answer", command(models=models_of(models), **rest))

    return _models(_describing(_with_traceback(on_them)))


def _describing(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say more about models: the command gets `models_of`."""

    @wraps(command)
    def described(
        stacked: dict[str, int], vocabulary: tuple[str, ...], input: tuple[ExampleInput, ...], **rest: Any
    ) -> Answer:
        def models_of(names: tuple[ModelName, ...]) -> Models:
            return Models(names, input, stacked, vocabulary)

        return cast("Answer", command(models_of=models_of, **rest))

    return _inputs(_stacks(with_vocabulary(described)))


def with_compare(default: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the option of a command that compares two assignments (see `paramrules.comparison.settings`)."""
    return click.option(
        "--compare",
        type=click.Choice(("labels", "settings", "both")),
        default=default,
        show_default=True,
        help="Compare the labels of the rules, the settings that the optimizer gets, or both.",
    )


def build(models: "Models") -> "list[Inventory]":
    """Return the inventories of models, and show in a terminal that this takes a while."""
    with progress(f"building {', '.join(name.text for name in models.names)}"):
        return models.inventories()


def assigned_to(
    targets: "Sequence[Target]",
) -> "Iterator[tuple[Target, Rules, ModelName, str, Inventory]]":
    """Yield each target with its rules, once for each of its models.

    Behind the model stands its name in headings, with the options that differ if another target of the rules
    has it too.
    """
    import paramrules
    from paramrules.projects.naming import model_names

    loaded = [(target, paramrules.load(source(target.rules))) for target in targets]
    names = iter(model_names((*each, model.text) for each in loaded for model in each[0].models.names))
    for target, rules in loaded:
        for model, inventory in zip(target.models.names, build(target.models), strict=True):
            yield target, rules, model, next(names), inventory


def refuse_misplaced_model(words: Sequence[str], params: Sequence[click.Parameter]) -> None:
    """Raise if a word of a refused command line names a model without `--model`."""
    if not any("--model" in param.opts for param in params):
        return
    valued = {name for param in params if not getattr(param, "is_flag", False) for name in param.opts}
    for before, word in pairwise(("", *words)):
        if before not in valued and not word.startswith("-") and names_a_model(word):
            raise click.UsageError(f"`{word}` looks like a model, which is named with `--model {word}`")


def names_a_model(word: str) -> bool:
    """Return whether a word of a command line reads like the name of a model."""
    if word.endswith((".rules", ".lock")):  # `main:vit.rules`
        return False
    try:
        read_model_name(word)
    except ValueError:
        return False
    return True
