"""worker, demo, run: commands that run builds."""

from __future__ import annotations

from pathlib import Path

import click

from myapp.cli import fail
from myapp.settings import Settings


@click.command()
def worker() -> None:
    """Run builds until stopped.

    `make run` starts one by itself; more of them may run on this machine. SIGTERM lets running
    builds finish.
    """
    from myapp.worker import main

    raise SystemExit(main(Settings.read()))


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), help="The service's port (HOBOTNICA_PORT).")
def demo(port: int | None) -> None:
    """Start the service beside a pretended GitHub and push a commit to it."""
    from dataclasses import replace

    from myapp.demo import run as run_demo

    settings = Settings.read()
    raise SystemExit(run_demo(replace(settings, port=port) if port else settings))


@click.command()
@click.argument("target", default="test")
@click.option(
    "--directory",
    default=".",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A git checkout; its last commit is what runs.",
)
def run(target: str, directory: Path) -> None:
    """Run this checkout's `make TARGET` as a build would."""
    from myapp.runner.here import run_here

    result = run_here(directory, target, Settings.read())
    if result.state != "passed":
        fail(f"{result.state}: {result.reason}")
    click.echo(f"passed: make {target}", err=True)
