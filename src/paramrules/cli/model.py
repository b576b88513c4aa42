"""How a model is named on the command line.

    timm:create_model('vit_tiny_patch16_224')    a call with literal arguments
    package.module:attribute                     a model, or what makes one when called without arguments
    path/to/file.py:attribute                    the same, in a file
    vit.json                                     a saved inventory

Nothing is imported here and no code runs.
"""

import ast
from typing import Any, NamedTuple

_FORMS = (
    "write `package.module:NAME`, `path.py:NAME`, a call like `module:make('tiny', depth=2)`, or `saved.json`"
)
_WRAP = "a function in a file can do the rest: `path.py:make`"


class Call(NamedTuple):
    """The arguments of a call, literals all."""

    positional: tuple[object, ...]
    named: dict[str, Any]


class ModelName(NamedTuple):
    """A model as the user named it.

    Attributes:
        text: what was typed.
        place: a module's dotted name, the path of a Python file, or that of a saved inventory.
        attributes: the way from the module to the model or to what makes it; empty for a saved inventory.
        call: the arguments, where a call was written.
    """

    text: str
    place: str
    attributes: tuple[str, ...]
    call: Call | None

    @property
    def is_saved(self) -> bool:
        """Whether it is the file of a saved inventory."""
        return not self.attributes

    @property
    def is_file(self) -> bool:
        """Whether it lies in a Python file named by its path."""
        return self.place.endswith(".py")


def read_model_name(text: str) -> ModelName:
    """Takes the name of a model apart. Raises ValueError, with what to type instead, where it makes no sense.

    >>> read_model_name("timm:create_model('resnet50')").call
    Call(positional=('resnet50',), named={})
    """
    before, bracket, arguments = text.partition("(")
    place, colon, attributes = before.rpartition(":")
    if not bracket and text.endswith(".json"):
        return ModelName(text, text, (), None)
    if not colon or not place:
        raise ValueError(f"`{text}` does not say which model; {_FORMS}")
    names = tuple(attributes.strip().split("."))
    if not all(name.isidentifier() for name in names):
        raise ValueError(f"`{attributes}` is no name of a model; {_FORMS}")
    return ModelName(text, place, names, _call(text, bracket + arguments) if bracket else None)


def _call(text: str, arguments: str) -> Call:
    try:
        call = ast.parse("f" + arguments, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(f"the call in `{text}` cannot be understood; {_FORMS}") from None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise ValueError(f"`{text}` goes on after the call; {_WRAP}")
    named = {}
    for keyword in call.keywords:
        if keyword.arg is None:
            raise ValueError(f"`**` in `{text}` has no meaning here; write the arguments one by one")
        named[keyword.arg] = _literal(text, keyword.value)
    return Call(tuple(_literal(text, argument) for argument in call.args), named)


def _literal(text: str, argument: ast.expr) -> object:
    try:
        return ast.literal_eval(argument)
    except (ValueError, TypeError, RecursionError):
        written = ast.unparse(argument)
        raise ValueError(
            f"`{written}` in `{text}` is no literal (a number, a quoted text, a list, `True`); {_WRAP}"
        ) from None
