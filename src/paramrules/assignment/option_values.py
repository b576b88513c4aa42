"""The values of a file's options for one assignment."""

from collections.abc import Callable, Container, Mapping
from dataclasses import replace
from math import isfinite
from numbers import Integral, Real
from typing import Any

from paramrules.argument_types import check_mapping
from paramrules.assignment.value_evaluator import Scalar
from paramrules.diagnostics import Diagnostic, Place, RulesError, Span, did_you_mean
from paramrules.rules.arithmetic import LARGEST
from paramrules.rules.model import Option, Rules

_KINDS = {bool: "boolean", int: "number", float: "number", str: "string"}
_WANTED = {kind: f"a {kind}" for kind in ("number", "string", "boolean")}
_WANTED["any"] = "a number, a string or a boolean"
_EXAMPLES = {"any": "0.75", "number": "0.75", "string": '"text"', "boolean": "True"}
_TYPED = {"any": "0.75", "number": "0.75", "string": "text", "boolean": "true"}


def option_values(rules: Rules, given: Mapping[str, Scalar] | None) -> dict[str, Scalar]:
    """Return a value for each option: the caller's, or else the default.

    NumPy's numbers and fractions become Python's.

    Raises:
        TypeError: `given` is not a mapping, or its keys are not texts.
        RulesError: E211 for options that the file does not declare, E212 for required ones that are not set,
            E213 for values of the wrong type and for numbers that are not finite or too large; all of them at
            once.
    """
    example = f'{{"{next(iter(rules.options), "rate")}": ...}}'
    check_mapping("options", given, example, "names of options")
    given = {name: _plain(value) for name, value in (given or {}).items()}
    wrong = [_undeclared(name, rules) for name in given if name not in rules.options]
    for name, option in rules.options.items():
        if name not in given:
            if option.required:
                wrong.append(
                    Diagnostic(
                        "E212",
                        f"option `{name}` has to be set",
                        option.span,
                        "it has no default",
                        help=f"pass `options={{{name!r}: ...}}`, on the command line `--option {name}=...`",
                        cli_help=f"set it with `--option {name}=...`",
                    )
                )
        elif (unfit := _unfit(option, given[name])) is not None:
            wrong.append(unfit)
    if wrong:
        raise RulesError(wrong)
    return {name: given.get(name, option.default) for name, option in rules.options.items()}


def unfit_in_settings(
    rules: Rules, given: Mapping[str, Scalar], where: Callable[[str, str], Span], others: Container[str] = ()
) -> list[Diagnostic]:
    """Return what is wrong with options that a project's settings give (E211, E213), at their places there.

    Args:
        rules: the rule file, which declares the options.
        given: the values.
        where: returns the place of an option in the settings: `where("options", "rate")`.
        others: options that another file declares, which also takes them.
    """
    wrong = []
    for name, value in given.items():
        option = rules.options.get(name)
        if option is None:
            if name not in others:
                wrong.append(replace(_undeclared(name, rules), span=where("options", name)))
        elif (found := _unfit(option, value)) is not None:
            example = {"boolean": "true"}.get(option.type, _EXAMPLES[option.type])
            also = (Place(option.span, found.label),) if found.label else ()
            help = f"write {_WANTED[option.type]}, as in `{name} = {example}`"
            wrong.append(Diagnostic("E213", found.message, where("options", name), also=also, help=help))
    return wrong


def parse_options(rules: Rules, texts: Mapping[str, str]) -> dict[str, Scalar]:
    """Return options given as texts, as on a command line, with the types that the file declares.

    A text that does not have the declared type stays a text, which `assign` refuses (E213).

    >>> parse_options(paramrules.parse("option rate = 0.75\\nall: else"), {"rate": "0.5"})
    {'rate': 0.5}
    """
    return {
        name: _parsed(text, rules.options[name].type if name in rules.options else "any")
        for name, text in texts.items()
    }


def _plain(value: object) -> Any:
    if isinstance(value, bool | int | float | str) and type(value) in _KINDS:
        return value
    if isinstance(value, Integral):
        return int(value)
    return float(value) if isinstance(value, Real) else value


def _unusable(value: object) -> str:
    """Return what is wrong with a number that no rule may compute with, or an empty text."""
    if isinstance(value, float) and not isfinite(value):
        return f"`{value}`, not a finite number"
    if isinstance(value, int) and abs(value) > LARGEST:
        digits = f"`{value}`" if abs(value) < 10**30 else "a whole number"
        return f"{digits}, beyond 2**63"
    return ""


def _parsed(text: str, kind: str) -> Scalar:
    if kind in ("boolean", "any") and text in ("true", "false"):
        return text == "true"
    if kind in ("number", "any"):
        for number in (int, float) if len(text) < 25 else (float,):  # `int` is slow, or refuses
            try:
                return number(text)
            except ValueError:
                continue
    return text


def _undeclared(name: str, rules: Rules) -> Diagnostic:
    known = ", ".join(f"`{option}`" for option in rules.options)
    declare = f"declare it, as in `option {name} = 0.1`, or leave it out"
    return Diagnostic(
        "E211",
        f"`{rules.source.name}` declares no option `{name}`",
        help=did_you_mean(name, rules.options) or (f"its options: {known}" if known else declare),
    )


def _unfit(option: Option, value: object) -> Diagnostic | None:
    """Return what is wrong with the value of an option, if anything is (E213)."""
    kind = _KINDS.get(type(value))
    if kind is None or option.type not in ("any", kind):
        return _mistyped(option, value)
    if unusable := _unusable(value):
        return Diagnostic(
            "E213",
            f"option `{option.name}` is {unusable}",
            option.span,
            help="pass a finite number, such as 0.75",
            cli_help=f"write a finite number, as in `--option {option.name}=0.75`",
        )
    return None


def _mistyped(option: Option, value: object) -> Diagnostic:
    return Diagnostic(
        "E213",
        f"option `{option.name}` is {_WANTED[option.type]}, not {value!r:.60}",
        option.span,
        "" if option.type == "any" else f"the default is a {option.type}",
        help=f"pass {_WANTED[option.type]}, such as {_EXAMPLES[option.type]}",
        cli_help=f"write {_WANTED[option.type]}, as in `--option {option.name}={_TYPED[option.type]}`",
    )
