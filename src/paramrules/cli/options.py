"""The arguments and options that commands share."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import click

from paramrules.cli.model import ModelName, read_model_name

if TYPE_CHECKING:
    from paramrules.rules.model import Rules


def model_name(text: str) -> ModelName:
    """Reads the name of a model; a wrong one is a mistake in the command line."""
    try:
        return read_model_name(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise click.BadParameter(f"`{text}` sets nothing; write `--option NAME=VALUE`")
    return name.strip(), value.strip()


def _stack(text: str) -> tuple[str, int]:
    path, equals, count = text.rpartition("=")
    if not equals or not count.strip().isdecimal():
        raise click.BadParameter(f"`{text}` declares no stack; write `--stacked PATH=1`")
    return path.strip(), int(count)


_HOW_TO_NAME = (
    "`package.module:NAME`, `path.py:NAME`, a call `module:make('tiny')`, or a saved inventory (.json)."
)

with_traceback = click.option(
    "--traceback", is_flag=True, help="Print the whole traceback where the model's code fails."
)
_model = click.option("--model", "-m", metavar="M", type=model_name, required=True, help=_HOW_TO_NAME)
_models = click.option(
    "--model",
    "-m",
    "models",
    metavar="M",
    type=model_name,
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
    help="Set an option of the rule file: `--option rate=0.8`. May be repeated.",
)
with_stacks = click.option(
    "--stacked",
    metavar="PATH=AXES",
    type=_stack,
    multiple=True,
    callback=lambda context, option, given: dict(given),
    help="So many leading axes of all arrays below a path are layers: `--stacked layers=1`. May be repeated.",
)
_strict = click.option("--strict", is_flag=True, help="What is dead or left over is an error.")


def on_a_model(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds what a command takes that holds rules against a model."""
    return _model(with_stacks(_given(_strict(with_traceback(command)))))


def on_two_models(command: Callable[..., Any]) -> Callable[..., Any]:
    """Adds what a command takes that holds rules against two models."""
    return _models(with_stacks(_given(with_traceback(command))))


def on_models(command: Callable[..., Any]) -> Callable[..., Any]:
    """The same, for as many models as are named."""
    return _models(with_stacks(_given(_strict(with_traceback(command)))))


def typed(given: Iterable[tuple[str, str]], rules: "Rules") -> dict[str, Any]:
    """The options' values, of the types that the file declares.

    A text that cannot be read as that type is left as it is, and refused where the options are bound (E213).
    """
    return {
        name: _typed(text, rules.options[name].type if name in rules.options else "any")
        for name, text in given
    }


def _typed(text: str, kind: str) -> int | float | str | bool:
    if kind in ("boolean", "any") and text in ("true", "false"):
        return text == "true"
    if kind in ("number", "any"):
        for number in (int, float):
            try:
                return number(text)
            except ValueError:
                continue
    return text
