"""The commands of `python3 -m myapp`: each says what it did; errors are one line, exit code 1."""

from __future__ import annotations

import importlib
from typing import Any, NoReturn

import click

from myapp import __version__
from myapp.errors import HobotnicaError

# Loaded when they are asked for: the worker must not pay for what others import.
COMMANDS = {
    "worker": "myapp.cli.running",
    "demo": "myapp.cli.running",
    "run": "myapp.cli.running",
    "migrate": "myapp.cli.keeping",
    "backup": "myapp.cli.keeping",
    "restore": "myapp.cli.keeping",
    "rotate-key": "myapp.cli.keeping",
    "check": "myapp.cli.checking",
    "user": "myapp.cli.users",
    "repository": "myapp.cli.repositories",
}


class Commands(click.Group):
    """Finds a command in its module and turns our errors into one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name."""
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        found: click.Command = getattr(importlib.import_module(module), cmd_name.replace("-", "_"))
        return found

    def invoke(self, ctx: click.Context) -> Any:
        """Run it."""
        try:
            return super().invoke(ctx)
        except HobotnicaError as error:
            fail(str(error.detail))


def fail(sentence: str) -> NoReturn:
    """One line on standard error, exit code 1."""
    click.echo(f"hobotnica: {sentence}", err=True)
    raise SystemExit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="hobotnica")
def main() -> None:
    """Hobotnica: CI/CD for GitHub repositories that have a Makefile."""
