"""`paramrules library`."""

from collections.abc import Sequence

import click

import paramrules
from paramrules.cli.answer import Answer, Command
from paramrules.display import Table
from paramrules.rules.shipped import Policy, policies


@click.command(
    cls=Command,
    too_many="it lists all policies, and takes no name: `paramrules new NAME` writes out one",
)
def library() -> Answer:
    """List the policies that can be used by name.

    \b
    paramrules library
    paramrules show "<timm/layer_decay@1>" -m vit.py:ViT

    `paramrules new NAME` writes one out. A version of a policy never changes.

    JSON: `policies`, each with `name`, `version` (the newest), `versions`, `summary`, `source` (a URL) and
    `options` (their defaults by name, null for one that has to be set); and `findings`.
    """
    found = policies().values()
    rows = [(newest.name, str(newest.version), newest.summary) for *_, newest in found]
    result = [_described(versions) for versions in found]
    table = Table(("policy", "version", "rules"), rows, right=("version",))
    return Answer((table,), {"policies": result}, (), f"{len(rows)} policies", is_output=True)


def _described(versions: Sequence[Policy]) -> dict[str, object]:
    newest = versions[-1]
    return {
        "name": newest.name,
        "version": newest.version,
        "versions": [each.version for each in versions],
        "summary": newest.summary,
        "source": newest.url,
        "options": {name: each.default for name, each in paramrules.load(str(newest)).options.items()},
    }
