"""`~`, `!~` and `like`, and the matches that `count` and `index` are about."""

import re

from paramrules import regex
from paramrules.diagnostics import Place, Span, helping, write
from paramrules.rules.builtin_names import CLASS_TESTS, CONSTANTS, EXAMPLES, NUMBERS, TEXTS
from paramrules.rules.scope import BrokenPredicate, Declared, Let, Scope, shown
from paramrules.rules.terms import GlobTest, Predicate, RegexTest, carried
from paramrules.syntax import language, nodes


def regex_test(node: nodes.Matches, scope: Scope) -> Predicate:
    """Return the term of `name ~ REGEX` or `name !~ REGEX`."""
    subject = _subject(node.left, "!~" if node.negated else "~", node.regex, scope)
    pattern, findings = regex.read(node.regex.text, _inside(node.regex), scope.findings.budget)
    scope.findings.all.extend(findings)
    _warn_slashes(node.regex, scope)
    _warn_defined(f"{subject or 'name'} {'!=' if node.negated else '=='}", node.regex, scope)
    if subject is None or pattern is None:
        return BrokenPredicate(node.span, True)
    return RegexTest(node.span, subject, pattern, node.negated)


def glob_test(node: nodes.Like, scope: Scope) -> Predicate:
    """Return the term of `name like GLOB` or `name not like GLOB`."""
    subject = _subject(node.left, "not like" if node.negated else "like", node.glob, scope)
    if subject is None:
        return BrokenPredicate(node.span, False)
    known = None if node.glob.quoted else scope.lookup(node.glob.text)
    if isinstance(known, Declared) and known.is_text:
        return GlobTest(node.span, subject, "", node.negated, known.option.name)
    _warn_defined(f"{subject} like", node.glob, scope)
    if len(node.glob.text) > language.GLOB:
        scope.report(
            "E409",
            f"the glob has {len(node.glob.text):,} characters, and {language.GLOB:,} are allowed",
            _inside(node.glob),
            help="split it into several tests with `or`",
        )
        return BrokenPredicate(node.span, False)
    if "%" in node.glob.text:
        scope.report(
            "W325",
            "`%` is an ordinary character in a glob",
            _inside(node.glob),
            help=f"any text is `*`: write `{subject} like {node.glob.text.replace('%', '*')}`",
        )
    _warn_regex(node, subject, scope)
    return GlobTest(node.span, subject, node.glob.text, node.negated)


_OF_REGEXES = re.compile(r"^\^|^\.[*+]|\.\+|\]\+|\\.|\||\$$")
"""Signs of a regex that names do not contain; no name begins with a dot."""


def _warn_regex(node: nodes.Like, subject: str, scope: Scope) -> None:
    """Warn of a glob that is written as a regex."""
    text = node.glob.text
    sign = _OF_REGEXES.search(text)
    if sign is None:
        return
    help = f"write `{subject} {'!~' if node.negated else '~'} {node.glob.span.text}`"
    glob = _as_glob(text)
    if re.fullmatch(r"[\w*]+", glob):
        help += f", or `{subject} {'not ' if node.negated else ''}like {glob}`"
    scope.report(
        "W325",
        f"`{sign[0]}` is for regexes, and a glob has `*`, `?` and `[...]`",
        _inside(node.glob),
        help=help,
    )


def _as_glob(regex: str) -> str:
    """Return the glob for a regex of words, `.*`, `^` and `$`."""
    first, last = regex.startswith("^"), regex.endswith("$")
    glob = regex.removeprefix("^").removesuffix("$")
    if first != last:
        glob = f"{glob}*" if first else f"*{glob}"
    return re.sub(r"\*+", "*", re.sub(r"\.[*+]", "*", glob))


_SLASHES = re.compile(r"[ms]?/(.*)/([a-z]*)", re.DOTALL)


def _warn_slashes(pattern: nodes.Pattern, scope: Scope) -> None:
    """Warn of a regex between slashes, as Perl and JavaScript write it."""
    if (between := _SLASHES.fullmatch(pattern.text)) and between[1]:
        regex = f"(?i){between[1]}" if "i" in between[2] else between[1]
        scope.report(
            "W325",
            "the slashes are a part of this regex, and hardly of a name",
            _inside(pattern),
            help=f"leave them out: `{regex}`",
        )


def _warn_defined(test: str, pattern: nodes.Pattern, scope: Scope) -> None:
    """Warn of a pattern without quotes that is exactly the name of an option or a let."""
    name = pattern.text
    known = None if pattern.quoted else scope.lookup(name)
    if known is None or scope.statement.text.startswith(f"let {name} "):
        return
    if isinstance(known, Let):
        kind = "a `let`"
        meant = f"for the `let` write `{name}` alone; " if known.predicate is not None else ""
    else:
        kind = "an option"
        meant = f"for the option's value write `{test} {name}`; " if known.is_text else ""
    scope.report(
        "W324",
        f"this looks for the text `{name}`, which is also the name of {kind}",
        pattern.span,
        help=f'{meant}for the text, quote it: `"{name}"`',
        also=(Place(known.span, "it is defined here"),),
    )


def _subject(node: nodes.Expression, operator: str, pattern: nodes.Pattern, scope: Scope) -> str | None:
    name = node.name if isinstance(node, nodes.Reference) else ""
    if name in TEXTS:
        return name
    text = shown(pattern.span)
    if name in CONSTANTS:
        help = f"write `{name} == {EXAMPLES[name]}`, or `{name} in (...)` for several"
    elif name in CLASS_TESTS:
        help = (
            write(f"{name}(*{pattern.text.strip('*')}*)")
            if pattern.text.isalnum()
            else f"write `{name}(...)`"
        )
    elif isinstance(node, nodes.Member):
        help = f'compare it, as in `{shown(node.span)} == "..."`'
    elif name in NUMBERS:
        help = f"compare it, as in `{name} == 2`"
    elif name == "shape":
        help = "compare it, as in `shape == (1, *, 768)`"
    else:
        near = scope.suggest(name, sorted(TEXTS))
        help = near or helping(f"write `name {operator} {text}`", "name")
    scope.report(
        "E306",
        f"`{operator}` tests `name`, `leaf` or `module`, not `{shown(node.span)}`",
        node.span,
        help=help,
    )
    return None


def _inside(pattern: nodes.Pattern) -> Span:
    """Return the place of a pattern's text, without its quotes."""
    source, start, end = pattern.span
    return Span(source, start + 1, end - 1) if pattern.quoted else pattern.span


def countable(
    function: str, node: nodes.Expression, match: Predicate | None, scope: Scope
) -> RegexTest | None:
    """Return the match that `count(...)` or `index(...)` is about; report it if it has no groups."""
    test = carried(match)
    if test is None:
        why = f"`{shown(node.span)}` is not a match"
        regex = shown(node.span) if isinstance(node, nodes.Literal) else "..."
        help = f"write `{function}(name ~ {regex})`, or name a `let` that is a single match"
    elif test.negated:
        why, help = f"`{shown(node.span)}` is negated and captures nothing", "write the match with `~`"
    elif not test.regex.groups:
        why = f"the regex of `{shown(node.span)}` captures nothing"
        help = r"put brackets around what differs between the matches, as in `name ~ ^blocks\.(\d+)\.`"
    else:
        return test
    scope.report("E307", f"`{function}` needs a match with a group, and {why}", node.span, help=help)
    return None
