"""The arguments and options that several commands take."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from paramrules.cli.layout import progress
from paramrules.named_models.example_inputs import ExampleInput, read_input
from paramrules.named_models.model_name import ModelName, read_model_name

if TYPE_CHECKING:
    from paramrules.inventories import Inventory


def model_name(text: str) -> ModelName:
    """Read the name of a model; a wrong one is a mistake in the command line."""
    try:
        return read_model_name(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def complete_file(context: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Complete the path of a file: the beginning of `net.py:make`, or a saved inventory."""
    return [CompletionItem(incomplete, type="file")]


def _input(text: str) -> ExampleInput:
    try:
        return read_input(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


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


_VOCABULARY, _INPUTS = "paramrules.vocabulary", "paramrules.inputs"
"""The keys of `--vocabulary` and `--input` in the meta data of a command's context."""

_HOW_TO_NAME = (
    "`package.module:NAME`, `path.py:NAME`, a call `module:make('tiny')`, or a saved inventory (.json)."
)

rule_file = click.argument("file", type=click.Path())
with_traceback = click.option(
    "--traceback", is_flag=True, help="Print the full traceback if the model's code fails."
)
_model = click.option(
    "--model",
    "-m",
    metavar="M",
    type=model_name,
    shell_complete=complete_file,
    required=True,
    help=_HOW_TO_NAME,
)
_models = click.option(
    "--model",
    "-m",
    "models",
    metavar="M",
    type=model_name,
    shell_complete=complete_file,
    required=True,
    multiple=True,
    help=f"{_HOW_TO_NAME} May be repeated.",
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
_vocabulary = click.option(
    "--vocabulary",
    metavar="FILE",
    type=click.Path(),
    multiple=True,
    expose_value=False,
    callback=lambda context, option, files: context.meta.update({_VOCABULARY: files}),
    help="A TOML file that says what classes of the model are: `norms.toml`. May be repeated.",
)
_inputs = click.option(
    "--input",
    metavar="INPUT",
    type=_input,
    multiple=True,
    expose_value=False,
    callback=lambda context, option, inputs: context.meta.update({_INPUTS: inputs}),
    help="An argument of a linen module or haiku function, which has no parameters before it runs: a shape "
    '`"(1, 224, 224, 3)"`, an array `int32[1,128]`, or by name `train=False`. May be repeated.',
)
_strict = click.option("--strict", is_flag=True, help="Report dead rules and left-over parameters as errors.")


def with_stacks(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say more about a model: `--stacked`, and those which `build` reads itself."""
    return _inputs(_stacks(_vocabulary(command)))


def on_a_model(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a command that assigns rules to a model."""
    return _model(with_stacks(_given(_strict(with_traceback(command)))))


def on_two_models(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a command that assigns rules to two models."""
    return _models(with_stacks(_given(with_traceback(command))))


def on_models(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options of a command that assigns rules to any number of models."""
    return _models(with_stacks(_given(_strict(with_traceback(command)))))


def with_compare(default: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the option of a command that compares two assignments (see `paramrules.comparison.settings`)."""
    return click.option(
        "--compare",
        type=click.Choice(("labels", "settings", "both")),
        default=default,
        show_default=True,
        help="Compare the labels of the rules, the settings that the optimizer gets, or both.",
    )


def build(models: Sequence[ModelName], stacked: dict[str, int]) -> "list[Inventory]":
    """Return the inventories of the named models, and show in a terminal that this takes a while."""
    from paramrules.named_models import inventories_of

    with progress(f"building {', '.join(model.text for model in models)}"):
        meta = click.get_current_context().meta
        return inventories_of(models, stacked, meta[_VOCABULARY] or None, meta[_INPUTS])


def misplaced_model(words: Sequence[str], params: Sequence[click.Parameter], error: click.UsageError) -> str:
    """Return the word of a refused command line that names a model without `--model`, or an empty text."""
    missing = isinstance(error, click.MissingParameter)
    takes_models = any(param.name in ("model", "models") and "--model" in param.opts for param in params)
    if not takes_models or not (missing or "unexpected extra argument" in error.message):
        return ""
    valued = {name for param in params if not getattr(param, "is_flag", False) for name in param.opts}
    for before, word in pairwise(("", *words)):
        if before not in valued and not word.startswith("-") and _names_a_model(word):
            return word
    return ""


def _names_a_model(word: str) -> bool:
    try:
        read_model_name(word)
    except ValueError:
        return False
    return True
