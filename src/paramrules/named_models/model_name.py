"""The name of a model, as typed on the command line.

    timm:create_model('vit_tiny_patch16_224')    a call with literal arguments
    package.module:attribute                     a model, or a callable that returns one
    path/to/file.py:attribute                    the same, in a file
    vit.json                                     a saved inventory

The name of what makes param groups has the same forms; a call leaves out the first argument, the model, and a
JSON file holds `{name: settings}` or `[{"params": [names], ...}]`.

Reading a name imports nothing and runs no code.
"""

import ast
import os
from typing import Any, NamedTuple

from paramrules.diagnostics import did_you_mean
from paramrules.safe_files import names_in

_FORMS = (
    "write `package.module:NAME`, `path.py:NAME`, a call like `module:make('tiny', depth=2)`, or `saved.json`"
)
_GROUPS = (
    "write `path.py:make_groups`, `package.module:make_groups`, a call like "
    "`path.py:make_groups(weight_decay=0.05)`, or `groups.json`"
)
_WRAP = "write a function that does the rest: `path.py:make`"


class Call(NamedTuple):
    """The arguments of a call, all of them literals."""

    positional: tuple[object, ...]
    named: dict[str, Any]


class ModelName(NamedTuple):
    """A model as the user named it.

    Attributes:
        text: the text as typed.
        origin: a module's dotted name, the path of a Python file, or that of a saved inventory.
        attributes: the attributes from the module to the model or its maker; empty for a saved inventory.
        call: the arguments, if a call was written.
        folder: where modules are searched first; "" for the current folder.
    """

    text: str
    origin: str
    attributes: tuple[str, ...]
    call: Call | None
    folder: str = ""

    @property
    def is_saved(self) -> bool:
        """True for the file of a saved inventory."""
        return not self.attributes

    @property
    def is_file(self) -> bool:
        """True for a model in a Python file named by its path."""
        return self.origin.endswith(".py")

    def relative_to(self, folder: str) -> str:
        """Return the text with the path of a file relative to a folder, with `/`, as a lock holds it.

        >>> read_model_name("models/vit.py:ViT").relative_to("models")
        'vit.py:ViT'
        """
        if not (self.is_file or self.is_saved):
            return self.text
        try:
            path = os.path.relpath(self.origin, folder or os.curdir)
        except ValueError:  # another drive
            path = os.path.abspath(self.origin)
        return path.replace(os.sep, "/") + self.text[len(self.origin) :]


def read_model_name(text: str) -> ModelName:
    """Split the name of a model into its parts.

    Raises:
        ValueError: the text does not name a model; the message says what to type.

    >>> read_model_name("timm:create_model('resnet50')").call
    Call(positional=('resnet50',), named={})
    """
    return _read(text, "a model", "a saved inventory", _FORMS)


def _read(text: str, what: str, file: str, forms: str) -> ModelName:
    """Split a name. The words for what it names, in code and in a file, and its forms are for messages."""
    before, bracket, arguments = text.partition("(")
    origin, colon, attributes = before.rpartition(":")
    if text.endswith(".json") and not (bracket and colon):  # `vit(1).json` is a file as well
        return ModelName(text, text, (), None)
    if origin.endswith(".json"):
        raise ValueError(f"`{origin}` is {file}, which takes no `:NAME`: write `{origin}`")
    if not colon or not origin:
        raise ValueError(f"`{text}` does not name a model; {_instead(text)}")
    names = tuple(attributes.strip().split("."))
    if not all(name.isidentifier() for name in names):
        raise ValueError(f"`{attributes}` is not the name of {what}; {forms}")
    return ModelName(text, origin, names, _call(text, bracket + arguments, forms) if bracket else None)


def read_groups_name(text: str) -> ModelName:
    """Split the name of a function that makes groups, or of a JSON file of groups, into its parts.

    Raises:
        ValueError: the text names neither; the message says what to type.

    >>> read_groups_name("policy.py:make_groups(weight_decay=0.05)").call
    Call(positional=(), named={'weight_decay': 0.05})
    """
    if ":" not in text.partition("(")[0] and not text.endswith(".json"):
        raise ValueError(f"`{text}` names no function; {_GROUPS}")
    return _read(text, "a function", "a file of groups", _GROUPS)


def _instead(text: str) -> str:
    """Return what to type in place of a text that names no model."""
    if text.endswith(".rules"):
        return f"rules come before the options: `paramrules COMMAND {text} --model M`"
    if text.endswith(".py"):
        return f"write what is in the file, too: `{text}:NAME`"
    stem, dot, name = text.rpartition(".")
    saved = names_in(os.path.dirname(text), ".json")
    if dot and (f"{os.path.basename(stem)}.json" in saved or did_you_mean(name, ("json",))):
        near = did_you_mean(os.path.basename(text), saved)
        return near or f"a saved inventory ends in `.json`: `{stem}.json`"
    if stem and all(part.isidentifier() for part in text.split(".")):
        return f"write `{stem}:{name}`"
    return _FORMS


def _call(text: str, arguments: str, forms: str) -> Call:
    try:
        call = ast.parse("f" + arguments, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(f"the call in `{text}` is not valid; {forms}") from None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise ValueError(f"`{text}` continues after the call; {_WRAP}")
    named = {}
    for keyword in call.keywords:
        if keyword.arg is None:
            raise ValueError(f"`**` is not supported in `{text}`; write the arguments one by one")
        named[keyword.arg] = _literal(text, keyword.value)
    return Call(tuple(_literal(text, argument) for argument in call.args), named)


def _literal(text: str, argument: ast.expr) -> object:
    try:
        return ast.literal_eval(argument)
    except (ValueError, TypeError, RecursionError):
        written = ast.unparse(argument)
        raise ValueError(
            f"`{written}` in `{text}` is not a literal (a number, a quoted text, a list, `True`); {_WRAP}"
        ) from None
