"""repository: look at what is registered."""

from __future__ import annotations

import click

from myapp import repositories
from myapp.cli import fail
from myapp.cli.opening import opened


@click.group()
def repository() -> None:
    """Registered repositories: list, revoke."""


@repository.command("list")
def list_repositories() -> None:
    """List every registered repository with its status."""
    with opened() as context:
        for found in repositories.list_all(context):
            reason = f": {found.status_reason}" if found.status_reason else ""
            click.echo(f"{found.full_name:60} {found.status}{reason}")


@repository.command()
@click.argument("name", metavar="OWNER/NAME")
@click.option("--reason", required=True, help="Why; the repository's page shows it.")
def revoke(name: str, reason: str) -> None:
    """Delete a repository's token, variables and mirror; its builds stay to be looked at."""
    import shutil

    owner, _, short = name.partition("/")
    with opened() as context:
        found = repositories.find(context, owner, short)
        if found is None:
            fail(f"{name} is not registered")
        repositories.revoke(context, found.id, reason, by="administrator")
        shutil.rmtree(repositories.mirror_path(context.settings, found.id), ignore_errors=True)
    click.echo(f"{found.full_name} is revoked.")
