"""The style, by example: a text and what it becomes."""

import re

import pytest

from paramrules import format_rules


def test_spaces() -> None:
    assert format_rules(
        'edition   1\ninclude   "a.rules"\ninclude<timm>\noption  a=-  1\noption b\n'
        "let p=not(tied)and type ( A | *B )or name~bias|x or leaf!~y and ndim<=-1\n"
        "[ lr ]\n"
        "a_{ i + 1 }_{max(i - 1 , - j)}_b ? :name like*.bias->lr=2*( a+b )/-c**2,betas=(.9 ,.95 , )\n"
        "b:shape==( 1,*,- 1 , )or shape[ -1 ]in( 1 , 2,)or count( name~x )in(3,)->eps = none,\n"
        "expect  not  b ? :else_\n"
    ) == (
        'edition 1\ninclude "a.rules"\ninclude <timm>\noption a = -1\noption b\n'
        "let p = not (tied) and type(A|*B) or name ~ bias|x or leaf !~ y and ndim <= -1\n"
        "\n"
        "[lr]\n"
        "a_{i+1}_{max(i-1, -j)}_b?: name like *.bias -> lr = 2 * (a + b) / -c ** 2, betas = (.9, .95)\n"
        "b: shape == (1, *, -1) or shape[-1] in (1, 2) or count(name ~ x) in (3) -> eps = none\n"
        "expect not b?: else_\n"
    )


@pytest.mark.parametrize(
    ("written", "formatted"),
    [
        ("leaf == 'a'", 'leaf == "a"'),
        ("name ~ 'a b'", 'name ~ "a b"'),
        ("name like 'a'", 'name like "a"'),  # not `a`, which could be an option
        ("leaf == 'say \"a\"'", "leaf == 'say \"a\"'"),
        (r"name ~ '\"a'", r'name ~ "\"a"'),
        (r"name ~ 'it\'s'", r'name ~ "it\'s"'),
        ("shape == (3 , )", "shape == (3,)"),
        ("shape in ((3 , ) , (4, 5, ))", "shape in ((3,), (4, 5))"),
        ("leaf in (('a') ,)", 'leaf in (("a"))'),
        ("count(name ~ a , 1) == 1", "count(name ~ a , 1) == 1"),  # or the comma would belong to the regex
        ("name ~ or or tied", "name ~ or or tied"),
        ("type( or | and )", "type(or|and)"),
        ("1e-4==1_000.", "1e-4 == 1_000."),
        ("ndim - 1 == - 2 - - 3", "ndim - 1 == -2 - -3"),
        ("true - none == false * -1", "true - none == false * -1"),
        ("((  a  ))", "((a))"),
        ("len( ) == 1", "len() == 1"),
        ("name ~ ä|漢", "name ~ ä|漢"),
    ],
)
def test_values(written: str, formatted: str) -> None:
    assert format_rules(f"a:   {written}") == f"a: {formatted}\n"


def test_columns_of_a_block() -> None:
    """A blank line ends a block, a comment does not; rules without an arrow do not move the others'."""
    assert format_rules(
        "option a = 1\noption long_one = 2\noption without\nlet x = tied\n\nlet longer = tied\n"
        "no_decay: ndim <= 1 -> weight_decay = 0\n# about it\na: name ~ abcdefghijk\nb: else -> lr = 1\n\n"
        "c: tied -> lr = 2\n"
        "expect a: tied\nexpect no_decay: tied\n"
        "d: tied -> lr = 3\nee: ndim == 1 -> lr = 4\n"
    ) == (
        "option a        = 1\noption long_one = 2\noption without\nlet x = tied\n\nlet longer = tied\n"
        "no_decay: ndim <= 1 -> weight_decay = 0\n# about it\n"
        "a:        name ~ abcdefghijk\nb:        else      -> lr = 1\n\n"
        "c: tied -> lr = 2\n"
        "expect a: tied\nexpect no_decay: tied\n"
        "d:  tied      -> lr = 3\nee: ndim == 1 -> lr = 4\n"
    )


def squeezed(text: str) -> str:
    """The same without line breaks inside statements, and with one space in place of several."""
    return re.sub(r"\n +", " ", re.sub(r"(?<=\S) +", " ", text))


# Texts that are formatted; without their line breaks and columns they are formatted to the same again.
FORMATTED = {
    "a label of more than 24 columns moves nothing": """\
label_of_24_columns____: tied -> lr = 1
short:                   tied -> lr = 2

label_of_25_columns_____: tied -> lr = 1
short:  tied -> lr = 2
longer: else -> lr = 3
""",
    "a predicate of more than 50 columns moves nothing": f"""\
a: name ~ {"x" * 43} -> lr = 1
b: tied{" " * 46} -> lr = 2

a: name ~ {"x" * 44} -> lr = 1
b: tied      -> lr = 2
c: ndim == 1 -> lr = 3
""",
    "columns make no line longer than 100": f"""\
a: name ~ {"x" * 43} -> lr = 1
b: tied -> lr = {"1" * 18}, eps = {"2" * 18}, x = 1
c: tied{" " * 46} -> lr = 2
""",
    "settings go to a line of their own": f"""\
a:       name ~ {"x" * 60}
    -> lr = 1, weight_decay = 0.1
b:       tied -> lr = 2
longest: else -> lr = 3
""",
    "each setting has a line": """\
adam: else
    -> optimizer = "adamw",
       weight_decay = 0.001,
       betas = (0.9, 0.95),
       eps = 1e-10,
       lr_scale = rate ** (12 - depth)
""",
    "each or has a line": f"""\
let a = name ~ {"x" * 40}
    or name ~ {"y" * 40}
    or not (tied or ndim == 1) and leaf == "b"
""",
    "each and has a line": f"""\
expect b: name ~ {"x" * 40}
    and name ~ {"y" * 40}
    and (tied or ndim == 1)
""",
    "each and inside an or has a line": f"""\
b: name ~ {"x" * 60}
        and ndim == 1
        and name ~ {"y" * 30}
    or tied and ndim == 2
    or name ~ {"x" * 60}
        and name ~ {"y" * 60}
    -> lr = 1
""",
    "brackets are opened": f"""\
b: ndim == 3
    or not (
        name ~ {"x" * 40}
        or name ~ {"y" * 40}
    )
        and type(A|B)
    or leaf in (
        "{"a" * 30}",
        "{"b" * 30}",
        "{"c" * 30}"
    )
    or max(fan_in, fan_out) == max(
        ndim + {"1" * 18},
        ndim + {"2" * 18},
        {"3" * 18}
    )
    -> lr = 1
""",
    "names of classes have a line each": f"""\
let b = type(
        {"A" * 40}
        |{"B" * 50}
        |C
    )
""",
    "what cannot be broken is longer": f"""\
a: name ~ {"x" * 100}
    or tied
b: name ~ {"y" * 100}
    -> lr = 1
""",
    "comments do not count": f"""\
a: tied  # {"x" * 100}
""",
    "an axis has a blank line above it and none below": """\
# about the file
edition 1

[a]
b: else

# about the axis
# and more
[c]
# about the rule
d: tied

e: else
""",
}


@pytest.mark.parametrize("text", FORMATTED.values(), ids=FORMATTED)
def test_layout(text: str) -> None:
    assert format_rules(text) == text
    assert format_rules(squeezed(text)) == text


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        ("", ""),
        ("\n \n", ""),
        ("#  alone \t\n\n\n", "#  alone\n"),
        ("\n\n  # a\n#b\n\n\n\na: else", "# a\n#b\n\na: else\n"),
        ("a: tied\n\n\n\nb: else\n\n", "a: tied\n\nb: else\n"),
        ("a: tied\n[b]\n\n\nc: else\n[d]\n[e]", "a: tied\n\n[b]\nc: else\n\n[d]\n\n[e]\n"),
        ("a: tied\n# x\n\n# y\n[b]\nc: else", "a: tied\n# x\n\n# y\n[b]\nc: else\n"),
        ("a: tied # x\n        # y\n[b]\nc: else", "a: tied  # x\n         # y\n\n[b]\nc: else\n"),
        ("a: else\r\nb:   tied\r\n", "a: else\r\nb: tied\r\n"),
        ("a: else\nb:   tied\r\n", "a: else\nb: tied\n"),
        ("\ufeffa:  else", "a: else\n"),
        ("a:\telse\t\n", "a: else\n"),
    ],
)
def test_lines(text: str, formatted: str) -> None:
    assert format_rules(text) == formatted
    assert format_rules(formatted) == formatted


@pytest.mark.parametrize(
    ("text", "formatted"),
    [
        # behind neighbouring lines, in one column; a wide line does not move it
        (
            "a: tied # x\nbb: ndim == 1 # y\nc: else\nd: else # z",
            "a:  tied       # x\nbb: ndim == 1  # y\nc:  else\nd:  else  # z\n",
        ),
        (
            f"a: tied # x\nb: name ~ {'x' * 50} # y\nc: name ~ {'x' * 51} # z",
            f"a: tied{' ' * 53}  # x\nb: name ~ {'x' * 50}  # y\nc: name ~ {'x' * 51}  # z\n",
        ),
        # continued on the next lines
        (
            "a: x   # 1\n       # 2\n       # 3\n # 4\nbb: y",
            "a:  x  # 1\n       # 2\n       # 3\n# 4\nbb: y\n",
        ),
        ("a: x or # 1\n        # 2\n  y", "a: x  # 1\n      # 2\n    or y\n"),
        # inside a statement, which is broken there
        ("a: x # 1\n or y # 2\n ->lr=1 # 3", "a: x           # 1\n    or y       # 2\n    -> lr = 1  # 3\n"),
        ("a: x or # 1\n y and # 2\n z", "a: x      # 1\n    or y  # 2\n        and z\n"),
        ("a: x\n # 1\n or\n # 2\n y", "a: x\n    # 1\n    # 2\n    or y\n"),
        ("a: x # 1\n or # 2\n y", "a: x  # 1\n    # 2\n    or y\n"),
        ("a: # 1\n x", "a:  # 1\n    x\n"),
        ("a:\n # 1\n x", "a:\n    # 1\n    x\n"),
        (
            "a: x -> # 1\n lr = 1, # 2\n eps = 2, # 3\n",
            "a: x            # 1\n    -> lr = 1,  # 2\n       eps = 2  # 3\n",
        ),
        (
            "a: leaf in ( # 1\n 'b' # 2\n , # 3\n 'c' , # 4\n # 5\n )",
            'a: leaf in (  # 1\n        "b",  # 2\n        # 3\n        "c"  # 4\n    # 5\n    )\n',
        ),
        ("a: leaf in ('b'\n # 1\n , 'c')", 'a: leaf in (\n        "b",\n        # 1\n        "c"\n    )\n'),
        ("a: type(A| # 1\n B)", "a: type(\n        A  # 1\n        |B\n    )\n"),
        ("a: len(\n # 1\n ) == 1", "a: len(\n    # 1\n    ) == 1\n"),
        ("a: ndim # 1\n == # 2\n 3", "a: ndim  # 1\n    ==   # 2\n    3\n"),
        ("a: x -> lr = 1\n # 1\n ,", "a: x\n    -> lr = 1\n    # 1\n    ,\n"),
        ("a: x -> lr = 1 # 1\n , # 2\n", "a: x\n    -> lr = 1  # 1\n    ,          # 2\n"),
        ("[ # 1\n a ]\nb: else", "[  # 1\n    a]\nb: else\n"),
        ("let # 1\n a = tied\nlet bbb = tied", "let  # 1\n    a   = tied\nlet bbb = tied\n"),
    ],
)
def test_comments(text: str, formatted: str) -> None:
    assert format_rules(text) == formatted
    assert format_rules(formatted) == formatted


def test_an_allowance_stays_at_its_rule() -> None:
    text = "# allow: W201 -- one\na: tied # allow: W202 -- two\n[b]\n# allow: W203 -- three\nc: else"
    assert format_rules(text) == (
        "# allow: W201 -- one\na: tied  # allow: W202 -- two\n\n[b]\n# allow: W203 -- three\nc: else\n"
    )


def test_deep_brackets_stay_on_one_line() -> None:
    deep = f"{'(' * 30}name ~ {'x' * 90} or tied{')' * 30}"
    lines = format_rules(f"a: {deep}").splitlines()
    assert len(lines) == 42
    assert lines[20] == f"{' ' * 84}{'(' * 10}name ~ {'x' * 90}"


@pytest.mark.parametrize("text", [f"a: {'(' * 5_000}tied{')' * 5_000}\n", f"a: {'-' * 60}1 == ndim\n"])
def test_any_depth(text: str) -> None:
    formatted = format_rules(text)
    assert format_rules(formatted) == formatted
