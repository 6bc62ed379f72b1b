"""migrate, backup, restore, rotate-key: commands that look after the data."""

from __future__ import annotations

from pathlib import Path

import click

from myapp.cli.opening import opened
from myapp.maintenance import backups, keys


@click.command()
def migrate() -> None:
    """Bring the database up to date (serve.py does it by itself)."""
    with opened() as context:
        context.database.migrate()
    click.echo("The database is up to date.")


@click.command()
@click.argument("destination", type=click.Path(dir_okay=False, path_type=Path))
def backup(destination: Path) -> None:
    """Write the database and the key into one file, while the service runs (SQLite only)."""
    with opened() as context:
        size = backups.write(context, destination)
    click.echo(f"Wrote {destination} ({size} bytes). It holds the key: keep it as safe as one.")


@click.command()
@click.argument("source", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def restore(source: Path) -> None:
    """Put a backup into an empty data directory; the service must not run."""
    from myapp.settings import Settings

    settings = Settings.read()
    backups.restore(settings, source)
    click.echo(f"Restored {source} into {settings.data_dir}. Mirrors are fetched again by pulls.")


@click.command("rotate-key")
def rotate_key() -> None:
    """Make a new key and encrypt every stored secret with it; restart the service afterwards."""
    with opened() as context:
        count = keys.rotate(context)
    click.echo(f"Made a new key and encrypted {count} secrets with it.")
