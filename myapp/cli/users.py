"""user: accounts and their API tokens."""

from __future__ import annotations

import click

from myapp import accounts
from myapp.cli import fail
from myapp.cli.opening import opened


@click.group()
def user() -> None:
    """Accounts: list, disable, enable; tokens for programs."""


@user.command("list")
def list_users() -> None:
    """List everybody who was seen here."""
    with opened() as context:
        for account in accounts.list_accounts(context):
            state = f"disabled: {account.disabled_reason}" if account.disabled else ""
            role = "admin" if account.admin else ""
            click.echo(f"{account.login:40} {role:6} {state}".rstrip())


@user.command()
@click.argument("login")
@click.option("--reason", required=True, help="Why; the account is told.")
def disable(login: str, reason: str) -> None:
    """Refuse an account, ending its sessions and tokens."""
    with opened() as context:
        accounts.set_disabled(context, login, reason)
    click.echo(f"{login} is disabled.")


@user.command()
@click.argument("login")
def enable(login: str) -> None:
    """Let a disabled account in again."""
    with opened() as context:
        accounts.set_disabled(context, login, None)
    click.echo(f"{login} is enabled.")


@user.command()
@click.argument("login")
@click.option("--name", default="token", help="What it is for.")
def token(login: str, name: str) -> None:
    """Make an API token of an account and show it this once."""
    with opened() as context:
        account = accounts.find_by_login(context, login)
        if account is None:
            fail(f"{login} has never been here: log in once with GitHub credentials first")
        click.echo(accounts.create_api_token(context, account, name))
