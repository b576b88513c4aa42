"""The values of a file's options, for one assignment."""

from collections.abc import Mapping

from paramrules.diagnostics import Diagnostic, RulesError, did_you_mean
from paramrules.rules.model import Option, Rules

OptionValue = int | float | str | bool | None

_KINDS = {bool: "boolean", int: "number", float: "number", str: "string"}
_EXAMPLES = {"number": "0.75", "string": '"text"', "boolean": "True"}


def option_values(rules: Rules, given: Mapping[str, OptionValue] | None) -> dict[str, OptionValue]:
    """A value for each option: the caller's, else the default. Raises RulesError with all that is wrong."""
    given = dict(given or {})
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
                    )
                )
        elif option.type not in ("any", _KINDS.get(type(given[name]))):
            wrong.append(_mistyped(option, given[name]))
    if wrong:
        raise RulesError(wrong)
    return {name: given.get(name, option.default) for name, option in rules.options.items()}


def _undeclared(name: str, rules: Rules) -> Diagnostic:
    known = ", ".join(f"`{option}`" for option in rules.options) or "none"
    return Diagnostic(
        "E211",
        f"`{rules.source.name}` declares no option `{name}`",
        help=did_you_mean(name, rules.options) or f"its options: {known}",
    )


def _mistyped(option: Option, value: object) -> Diagnostic:
    return Diagnostic(
        "E213",
        f"option `{option.name}` is a {option.type}, not {value!r}",
        option.span,
        f"the default is a {option.type}",
        help=f"give it a {option.type}, such as {_EXAMPLES[option.type]}",
    )
