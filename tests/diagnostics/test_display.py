"""Tables as text and as HTML, and values as rules write them."""

from paramrules.display import Table, html_of, model_size, rule_settings, short_settings, text_of

TABLE = Table(("name", "n"), [("中", "1"), ("<b>\x1b", "10")], right=("n",))


def test_columns_are_aligned_by_the_width_of_characters() -> None:
    assert TABLE.text() == "name      n\n中        1\n<b>\\x1b  10"


def test_html_is_escaped() -> None:
    right = " style='text-align: right'"
    assert html_of(["a < b", "", TABLE]) == (
        "<div>a &lt; b</div>"
        f"<table><thead><tr><th>name</th><th{right}>n</th></tr></thead><tbody>"
        f"<tr><td>中</td><td{right}>1</td></tr>"
        f"<tr><td>&lt;b&gt;\\x1b</td><td{right}>10</td></tr></tbody></table>"
    )


def test_lines_and_tables_as_text() -> None:
    assert text_of(["a\x1b", "", TABLE]) == f"a\\x1b\n\n{TABLE.text()}"


def test_settings_and_sizes() -> None:
    settings = {"lr": 0.1 + 0.2, "betas": (0.9, None), "fused": True, "optimizer": "muon"}
    assert rule_settings(settings) == (
        'lr = 0.30000000000000004, betas = (0.9, none), fused = true, optimizer = "muon"'
    )
    assert short_settings(settings) == 'lr=0.3, betas=(0.9, none), fused=true, optimizer="muon"'
    assert (rule_settings({}), short_settings({})) == ("no settings", "-")
    assert model_size(1, 152, "torch") == "1 tensor, 152 parameters (torch)"
