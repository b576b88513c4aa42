"""`paramrules library`."""

import click

import paramrules
from paramrules.cli.answer import Answer, Command
from paramrules.display import Table
from paramrules.rules.shipped import policies


@click.command(cls=Command)
def library() -> Answer:
    """List the policies that can be used by name.

    \b
    paramrules library
    paramrules show "<timm/layer_decay@1>" -m vit.py:ViT

    `paramrules new NAME` writes one out. A version of a policy never changes.

    JSON: `policies`, each with `name`, `version` (the newest), `versions`, `summary`, `source` (a URL) and
    `options` (their defaults by name, null for one that has to be set); and `findings`.
    """
    newest = [versions[-1] for versions in policies().values()]
    rows = [(policy.name, str(policy.version), policy.summary) for policy in newest]
    result = [
        {
            "name": policy.name,
            "version": policy.version,
            "versions": [each.version for each in policies()[policy.name]],
            "summary": policy.summary,
            "source": policy.url,
            "options": {name: each.default for name, each in paramrules.load(str(policy)).options.items()},
        }
        for policy in newest
    ]
    table = Table(("policy", "version", "rules"), rows, right=("version",))
    return Answer((table,), {"policies": result}, (), f"{len(rows)} policies", is_output=True)
