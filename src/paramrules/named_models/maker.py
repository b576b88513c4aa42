"""Call what makes a model: its arguments, and what it has to return."""

import inspect
from collections.abc import Callable, Mapping
from typing import Final

from paramrules import registry
from paramrules.diagnostics import Diagnostic, RulesError, a, did_you_mean, listed
from paramrules.named_models.abstract_build import build_without_memory
from paramrules.named_models.model_name import Call, ModelName
from paramrules.named_models.user_code_errors import user_code

_ANYTHING: Final = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
"""The kinds of arguments of a class whose metaclass passes on whatever it gets."""


def build(name: ModelName, maker: object, call: Call, *, abstract: bool = True) -> object:
    """Call the maker and return the model, built without memory for its parameters unless told otherwise."""
    if not callable(maker):
        raise RulesError(
            Diagnostic(
                "E702",
                f"`{name.text}` is {a(type(maker).__name__)}, which is not a model",
                help="name a module, a tree of arrays, or a function that returns one",
            )
        )
    supplied = {key: make for key, make in registry.supplied(maker).items() if key not in call.named}
    _check_arguments(name, maker, call, supplied)

    def make() -> object:
        made = {key: make() for key, make in supplied.items()}  # where it is used, under `build_abstract`
        return maker(*call.positional, **call.named, **made)

    with user_code("E702", f"building `{name.text}` failed"):
        model = build_without_memory(make) if abstract else make()
    if not registry.is_model(model):
        raise RulesError(
            [
                Diagnostic(
                    "E702",
                    f"`{name.text}` returns {a(type(model).__name__)}, which is not a model",
                    help="it has to return a module or a tree of arrays",
                ),
                *registry.unusable(model),
            ]
        )
    return model


def _check_arguments(
    name: ModelName, maker: Callable[..., object], call: Call, supplied: Mapping[str, object]
) -> None:
    try:
        signature = _signature(maker)
    except ValueError:  # some builtins have none
        return
    try:
        signature.bind(*call.positional, **call.named, **supplied)
    except TypeError as error:
        attribute = ".".join(name.attributes)
        needed = [argument for argument in required(signature) if argument not in supplied]
        written = f"`{name.origin}:{attribute}({', '.join(needed)})`"
        help = misnamed(signature, call) or f"write its arguments after it: {written}"
        if not name.call and registry.is_model(maker):
            help += '; if it is the model itself, give its inputs: `--input "(1, 28, 28, 1)"`'
        raise RulesError(
            Diagnostic("E702", f"`{name.text}` cannot be called like that: {error}", help=help)
        ) from None


def misnamed(signature: inspect.Signature, call: Call, otherwise: str = "") -> str:
    """Return what to type in place of an argument by name that a signature lacks; "" if it lacks none.

    `otherwise` is the help where no argument is near.
    """
    parameters = signature.parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return ""
    names = [p.name for p in parameters if p.kind not in (p.POSITIONAL_ONLY, p.VAR_POSITIONAL)]
    for name in call.named:
        if name not in names:
            takes = f"it takes {listed(names)}" if names else "it takes no arguments by name"
            return did_you_mean(name, names) or otherwise or takes
    return ""


def _signature(maker: Callable[..., object]) -> inspect.Signature:
    """Return the signature of a callable; of a class whose metaclass hides it, that of `__init__`."""
    signature = inspect.signature(maker)
    if isinstance(maker, type) and {p.kind for p in signature.parameters.values()} == _ANYTHING:
        _, *parameters = inspect.signature(maker.__init__).parameters.values()  # type: ignore[misc]  # bound to no one
        return signature.replace(parameters=parameters)
    return signature


def required(signature: inspect.Signature) -> list[str]:
    """Return the names of the arguments that have no default."""
    return [
        parameter.name
        for parameter in signature.parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
