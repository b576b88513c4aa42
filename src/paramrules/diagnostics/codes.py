"""The code of every error, warning and note.

The first digit says where a finding comes from:

1  reading: a file's bytes, its shape, its syntax, its limits
2  rules assigned to a model
3  names, types, captures and settings, without a model
4  regexes
5  models and inventories
6  what a backend emits: param groups, masks, labels
7  the command line
8  two models, or rules for several frameworks
9  a project: locks, settings, rules inferred from groups, the shipped library, the language server

The letter is the severity: an error (E) stops the work, a warning (W) does not, and a note (N) is only shown
to those who ask: by `show`, `check` and `explain`, never by `build` and its like.

A backend declares codes of its own with `declare`: its name stands between the letter and the digits.

Each code has a page in docs/diagnostics/ with its meaning, a file that causes it and the fix. A row
`E121<E104 title` declares a code that was split off a broader one, or has replaced one that is gone.
"""

import re
from collections.abc import Mapping
from typing import Final, NamedTuple


class Code(NamedTuple):
    """A kind of finding.

    Attributes:
        severity: `error`, `warning` or `note`.
        title: a few words that describe it.
        parent: the code that it was split off or replaces, "" if none. `# allow:` with the parent covers it.
    """

    severity: str
    title: str
    parent: str = ""


CODES: dict[str, Code] = {}

SEVERITIES: Final = ("error", "warning", "note")
"""The severities, the worst first."""

_BY_LETTER: Final = {"E": "error", "W": "warning", "N": "note"}
_OF_A_BACKEND = re.compile(r"[EWN][A-Z]+[0-9]{3}")


def declare(codes: Mapping[str, str]) -> None:
    """Declare the diagnostics of a backend, by code, each with its title.

    A code is `E` (an error), `W` (a warning) or `N` (a note), the backend's name in upper case, and three
    digits.

    Raises:
        ValueError: a code has another form, or is already declared with another title.

    >>> declare({"EMLX601": "a group has no optimizer"})
    """
    for code, title in codes.items():
        if not _OF_A_BACKEND.fullmatch(code):
            raise ValueError(f"`{code}` is not a backend's code: it should look like `EMLX601`")
        declared = Code(_BY_LETTER[code[0]], title)
        if CODES.setdefault(code, declared) != declared:
            raise ValueError(f"`{code}` is already declared, as {CODES[code].title!r}")


def is_undeclared(code: str) -> bool:
    """Return whether the code may be a warning or a note of a backend that this process has not loaded."""
    return code not in CODES and code[0] != "E" and _OF_A_BACKEND.fullmatch(code) is not None


def is_known(code: str) -> bool:
    """Return whether the code is declared, or gone and replaced by one that is."""
    return code in CODES or any(code == each.parent for each in CODES.values())


def covers(allowed: str, code: str) -> bool:
    """Return whether a comment that allows one code silences the other: itself, or one split off it."""
    return allowed in (code, CODES[code].parent)


def _declare(rows: str) -> None:
    for row in rows.strip().splitlines():
        codes, title = row.strip().split(maxsplit=1)
        code, _, parent = codes.partition("<")
        CODES[code] = Code(_BY_LETTER[code[0]], title, parent)


_declare("""
    E101 the file cannot be read
    E102 the file is not UTF-8
    E103 the file is too large
    E104 a statement cannot be understood
    E105 a rule is indented under its axis
    E106 a reserved word is used as a name
    E107 the edition is not known
    E108 `edition` is not the first statement
    E109 a string is not closed
    E110 a statement is nested too deeply
    E111 a file or a statement holds too much
    E112 an include cannot be found
    E113 an include leaves its folder
    E114 includes form a circle
    E115 an included file contains rules
    E116 a number is too large
    W117 an allow comment says nothing
    E121<E104 the file is of another kind
    E122<E104 a character does not belong in a rule file
    E123<E104 a line does not begin a statement
    E124<E104 a statement is continued or ended in another way
    E125<E104 a comment does not begin with `#`
    E126<E104 a rule or an expectation has no label
    E127<E104 a colon is missing or out of place
    E128<E104 a name holds other characters than letters, digits and `_`
    E129<E104 a value is inserted in another way
    E130<E104 an operand is missing
    E131<E104 an operator is missing
    E132<E104 an operator belongs to another language
    E133<E104 a method, a slice or a dotted name
    E134<E104 a comparison is chained
    E135<E104 a condition stands inside a rule
    E136<E104 a bracket is not closed
    E137<E104 a list is written in another way
    E138<E104 a text is not quoted
    E139<E104 quotes stand where none belong
    E140<E104 a regex or a glob needs quotes
    E141<E104 a pattern has nothing to match
    E142<E104 a setting is not written `key = value`
    E143<E104 the arrow is missing or out of place
    E144<E104 a class or an attribute does not stand in brackets
    E145<E104 a number cannot be read
    E146<E104 a definition has another form
""")

_declare("""
    W201 a rule takes no parameter of the model
    W202 a branch of `or` holds for nothing
    N202<W202 a branch of `or` is about classes that the model does not have
    W203 an alternative holds for nothing
    N203<W203 the model has no class of a family
    W204 `count` of nothing
    E205 an axis without `else` leaves parameters over
    E206 an expectation does not hold
    E207 a label has two different settings
    E208 a setting cannot be computed
    E209 a label cannot be filled in
    N210<W210 the names of a tied parameter disagree
    E211 an option is not declared
    E212 a required option is not set
    E213 an option has the wrong type
    E214 the model has no such parameter
    E215 a fact about this model is not known
    N216 a shape fits only what is stored
    N217 a vocabulary names a class that the model lacks
""")

_declare("""
    E301 a name is not defined
    E302 a name is defined twice
    E303 a name is already taken
    E304 a value stands where a predicate is needed
    E305 a predicate stands where a value is needed
    E306 types do not fit together
    E307 a function is called in the wrong way
    E308 a capture may be unbound
    E309 a rule stands after `else`
    E310 a rule can never win
    E311 an axis has no rules
    E312 an axis is written twice
    E313 a setting is set twice
    E314 two axes set one key
    E315 a label has two different settings
    W316 a setting looks like a typo
    E317 a setting has the wrong type
    E318 `default` is not a label for this rule
    E319 a constant is not known
    E320 an expectation names no label of its axis
    W321 `no_decay` decays
    W327<W316 a setting has the name that other tools use
    W324 a pattern is the name of a definition
    W325 a pattern or a label is written as in another language
    E328 a pattern is found in no name
    E329 a parameter is both frozen and skipped
""")

_declare("""
    E401 a regex cannot be understood
    W402 an unescaped dot between name characters
    E403 a regex matches the empty string
    E405 a regex uses what the language leaves out
    E406 a regex is too large
    E409 a glob is too long
""")

_declare("""
    E501 the model cannot be described
    E502 two parameters have one name
    E503 a parameter has no shape of its own
    E504 no backend knows this model
    E505 an inventory cannot be read
    E506 an inventory has another version
    E507 a stack is declared where there is none
    E508 arrays are not stacked as declared
    W509 a stack is likely, and not declared
    E510 a vocabulary cannot be read
    E511 a class is put into two families
    W513 these look like running statistics
    E514 an attribute cannot be read
    E515 a backend cannot be loaded
    E516<E501 `no_weight_decay()` fails
    E517<E501 a keyword says nothing about this model
    E518<E501 modules are nested too deeply
    E519<E501 this is not a module
    E521 a backend's inventory does not fit together
    E522 a backend gives two parameters one name
    E523<E501 `no_weight_decay()` does not return names
    E532<E501 a declared type is not a class
    E533<E501 a type is declared for a module that is not there
    E534<E501 a declared type contradicts the model
    E536<E501 jax cannot flatten a tree
    E537<E501 a leaf is not an array
    E538<E501 an array is not trainable
    E539<E501 a variable is not a parameter
    E540<E501 a tree holds more than parameters
    E541<E501 a model needs inputs
    E542<E501 a model cannot run with the inputs
    E545 an inventory was taken with another vocabulary
    E546<E501 a mapping of parameters holds something else
    E547 no tensor requires a gradient
    E548 a tensor is computed from others
    E549 shared modules have too many names
""")

_declare("""
    E601 the parameters do not fit the assignment
    E602 there is no such label
    E603 there is no such axis
    E604 a scale has nothing to multiply
    E605 layers of one array have different labels
    E610 it is not clear which optimizer a group is for
    E611 an optimizer does not have a setting
    E612 no optimizer takes an argument
    E613 an optimizer takes one group only
    E614 nothing is left to train
    E615 an optimizer cannot be one of several
    W616 a scheduler has changed the ratios of learning rates
    W617 no rule names an optimizer
    E618 a saved group is another optimizer's
    W619 no rule changes a setting
    E620 a saved state is not an optimizer's
    E621 a saved state does not name its parameters
    E622 a parameter has no saved state
    E623 saved state has no place
    E624 saved state is another optimizer's
    E625 saved state is of another shape
    E626 it is not clear which parameter a saved name means
    E627 the optimizer is another model's
    E628 merged groups have counted differently
    E630 a schedule has no base rate
    E631 the layers of a stack cannot be trained apart
    E632 gradients and parameters are not of one tree
    E633 Muon is given something other than a matrix
    E640 a mask cannot hold a decay
    W641 no rule names a schedule
    W642 loading has replaced settings of the rules
    W643 rules freeze what another optimizer trains
    E644 a schedule is not known
    E646 an optimizer cannot schedule its weight decay
    W650 a setting means something else than in PyTorch
    W651 an estimate over all parameters is split
    E652 a schedule-free optimizer inside of `build`
    E660 a scheduler saves rates of groups that may change
    E661 a trainer's optimizer makes groups of its own
    E662 an optimizer refuses a parameter
    W663 an added group has one setting where rules give several
    E664 a saved state has other groups
    W665 parameters without state share a step count
    E670 a parameter does not take an attribute
    E671 the framework does not have an optimizer
    E672 the state of an optimizer is not known
    E680 saved state is of another kind
""")

_declare("""
    E701 the model cannot be imported
    E702 the model cannot be built
    E703 the output cannot be written
    E710 a file cannot be formatted without changing it
    E711 a formatted file would hold too much
""")

_declare("""
    E801 a parameter is in different groups in two models
    E802 a parameter has no partner in the other model
    E803 a line of a mapping cannot be understood
    E804 a mapping names an unknown parameter
    E805 a parameter is mapped twice
    E806 a file would be overwritten
    E807 a parameter gets different settings in two models
    E808 this cannot be compared
    E809 two rule files differ for a parameter
    W810 a part of two rule files cannot be compared
    W811 a leaf has this name in some frameworks alone
    W812 a class is not a family of the vocabulary
    W813 a class of one framework
    W814 variables have classes in some frameworks alone
    W815 axes stand in another order in other frameworks
    W816 attributes are there in some frameworks alone
    W817 numbers stand otherwise in names of other frameworks
    W818 a tied head is a Linear in torch alone
""")

_declare("""
    E901 a lock is stale
    E902 a lock cannot be read
    E903 a lock is cut off
    E904 a lock holds a merge conflict
    E905 a lock is of a newer version
    E906 a lock has two sections of one model
    E907 a lock has no section of a model
    E908 a lock was edited by hand
    E909 there is no lock to check
    E910 git cannot be asked
    E911 a revision does not have a file
    E912 rules are compared on a model
    E931 the settings cannot be read
    E932 settings have an unknown key
    E933 a setting of a project does not fit
    E934 settings name a file that does not exist
    E941 a rule file is not formatted
    E951 a function that makes groups fails
    E952 a group holds something other than a parameter
    E953 a trained parameter is in no group
    E954 a parameter is in two groups
    E955 this holds no groups
    E956 groups name an unknown parameter
    E957 no rule can hold a setting
    E958 making groups changes the model
    E959 a file of groups cannot be read
    E961 two models contradict each other
    E962 the models are too large to infer from
    E963 no rule can have this setting
    E964 there is nothing to infer
    E965 no formula explains these values
    E966 nothing explains these groups
    E970 the shipped library has no such policy
    E971 a policy has no such version
    E972 a policy is included
    E973 a shipped file has no rules
    N974 a policy is named without its version
    E975 a lock has several sections of a model
    W976 settings of a revision cannot be used
    E977 a lock would be too large to be read
    W978 a lock has no target
    W979 a lock cannot be compared with that of a revision
    E980 the language server is not installed
    N981 a model is not built for the editor
    N982 a model has changed since it was built for the editor
    E983 a model cannot be built for the editor
    E987 a message of an editor is too long
""")
