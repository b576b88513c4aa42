"""Draw docs/images/growth.svg, the curves of bench_growth.py, from results.json.

Needs matplotlib: `pip install -e ".[bench]"`. The picture is dark where the reader's system is.
"""

import io
from collections.abc import Sequence

from measuring import Row
from speed_tables import ROOT, Results, rows

PICTURE = ROOT / "docs" / "images" / "growth.svg"
PANELS = ("tensors", "saved tensors", "rules")
"""The quantities that grow, one panel each."""

COLORS = {"fg": ("#010101", "#1f2328", "#e6edf3"), "bg": ("#fefefe", "#ffffff", "#0d1117")} | {
    "dim": ("#020202", "#8c959f", "#656c76"),
    "c0": ("#010203", "#59636e", "#9198a1"),
    "c1": ("#010204", "#0550ae", "#79c0ff"),
    "c2": ("#010205", "#bc4c00", "#f0883e"),
}
"""Colours by role: as drawn, and what the style sheet makes of them in light and in dark."""

Curves = dict[str, dict[str, list[tuple[int, float]]]]
"""By panel and curve, sizes and milliseconds."""


def curves(rows: Sequence[Row]) -> Curves:
    """Return the curves that rows such as `1,000 saved tensors: read` describe."""
    found: Curves = {}
    for row in rows:
        size, _, name = row.what.partition(": ")
        count, _, panel = size.partition(" ")
        points = found.setdefault(panel, {}).setdefault(name.replace("`", ""), [])
        points.append((int(count.replace(",", "")), row.amount))
    return found


def described(found: Curves) -> str:
    """Return the curves as text, for those who do not see them."""
    return "; ".join(
        f"{name}: " + ", ".join(f"{count:,} {panel} {taken:.4g} ms" for count, taken in points)
        for panel, named in found.items()
        for name, points in named.items()
    )


def drawn(rows: Sequence[Row]) -> str:
    """Return the SVG of the curves."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot

    found = curves(rows)
    role = {name: drawn for name, (drawn, _, _) in COLORS.items()}
    how = {
        "svg.fonttype": "none",  # text stays text
        "svg.hashsalt": "paramrules",  # the same rows, the same bytes
        "text.color": role["fg"],
        "axes.edgecolor": role["dim"],
        "axes.labelcolor": role["fg"],
        "xtick.color": role["fg"],
        "ytick.color": role["fg"],
        "grid.color": role["dim"],
        "grid.alpha": 0.35,
    }
    with pyplot.rc_context(how):
        figure, axes = pyplot.subplots(1, len(PANELS), figsize=(11, 3.8), facecolor=role["bg"])
        for axis, panel in zip(axes, PANELS, strict=True):
            axis.set_facecolor(role["bg"])
            for number, (name, points) in enumerate(found[panel].items()):
                style = "--" if number == 0 else "-"  # the yardstick
                axis.loglog(
                    *zip(*points, strict=True), style, marker="o", ms=4, color=role[f"c{number}"], label=name
                )
            axis.set_xlabel(panel)
            axis.grid(visible=True)
            axis.minorticks_off()
            axis.legend(frameon=False, fontsize=9)
            axis.spines[["top", "right"]].set_visible(False)
        axes[0].set_ylabel("milliseconds")
        figure.tight_layout()
        file = io.StringIO()
        figure.savefig(
            file, format="svg", metadata={"Date": None, "Creator": None, "Description": described(found)}
        )
        pyplot.close(figure)
    return themed(file.getvalue())


def themed(svg: str) -> str:
    """Return an SVG whose drawn colours are those of the reader's scheme."""

    def sheet(place: int) -> str:
        return "; ".join(f"--{name}: {colors[place]}" for name, colors in COLORS.items())

    for name, (color, _, _) in COLORS.items():
        svg = svg.replace(color, f"var(--{name})")
    style = f"svg {{ {sheet(1)} }} @media (prefers-color-scheme: dark) {{ svg {{ {sheet(2)} }} }}"
    return svg.replace("<defs>", f"<style>{style}</style>\n <defs>", 1)


def write(results: Results) -> None:
    """Draw the picture anew."""
    PICTURE.write_text(drawn(rows(results, "bench_growth")), "utf-8")
