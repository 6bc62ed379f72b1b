"""Filling the mirrors: the clone after a registration and every later pull, by `was.Subprocess`.

The token reaches git through a FIFO that is served once; the command line carries its path only.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from myapp import builds, repositories
from myapp.context import Context
from myapp.framework.background import spawn
from myapp.framework.subprocess import CommandResult, run_command
from myapp.framework.waiter import Sleep
from myapp.git import Command, FifoCredentials, GitError, Remote, check, clone_url, fifo_credentials
from myapp.git import mirror as git_mirror
from myapp.git.history import describe
from myapp.repositories import Repository
from myapp.vault import VaultError

Steps = Generator[Any, Any, Any]

LOST_TOKEN = "The token it was registered with is gone: register the repository again"  # noqa: S105
RENEW_EVERY = 5.0  # seconds; a pull's lease lasts fifteen
SHOWN_HEADS = 100  # branches whose unseen heads one pull takes up


@dataclass(frozen=True)
class Plan:
    """A git command that is ready to be started, and where its results will be."""

    command: Command
    credentials: FifoCredentials | None
    output: Path
    mirror: Path
    arriving: Path | None


@dataclass
class Pull:
    """A pull that goes on in this process."""

    repository: Repository
    ended: bool = False


def begin(app: Any, repository: Repository) -> None:
    """Fill the repository's mirror in the background; its pull lease is the caller's already."""
    pull = Pull(repository)
    spawn(app, lambda was: fill(was, pull), f"fetching {repository.full_name}")
    spawn(app, lambda was: hold(was, pull), f"holding the lease of {repository.full_name}")


def hold(was: Any, pull: Pull) -> Steps:
    """Renew the lease until the pull has ended: if this process dies, it soon is another's."""
    while True:
        yield Sleep(was, RENEW_EVERY)
        if pull.ended:
            return
        # A renewal that fails is tried again before the lease is over.
        yield was.Thread(repositories.renew_pull, args=(was.app.context, pull.repository.id))


def fill(was: Any, pull: Pull) -> Steps:
    """Clone or fetch, then write down how it went; as steps of a coroutine."""
    try:
        yield from _fill(was, pull.repository)
    finally:
        pull.ended = True


def _fill(was: Any, repository: Repository) -> Steps:
    context: Context = was.app.context
    try:
        plan = (yield was.Thread(prepare, args=(context, repository))).fetch()
        try:
            result = yield from run_command(
                was,
                plan.command.argv,
                plan.command.env,
                output_file=plan.output,
                timeout=context.settings.clone_timeout,
            )
        except BaseException:
            yield was.Thread(clean_up, args=(plan,))
            raise
        (yield was.Thread(conclude, args=(context, repository, plan, result))).fetch()
    except (GitError, VaultError) as error:
        (yield was.Thread(failed, args=(context, repository, error.detail))).fetch()
    except OSError as error:
        reason = f"The mirror cannot be written: {error.strerror}"
        (yield was.Thread(failed, args=(context, repository, reason))).fetch()


def prepare(context: Context, repository: Repository) -> Plan:
    """What is to be run: a clone where there is no mirror, else a fetch of all its branches."""
    settings = context.settings
    token = repositories.repository_token(context, repository.id)
    if token is None:
        raise GitError("credentials", LOST_TOKEN)
    url = clone_url(settings.github_url, repository.owner, repository.name)
    remote = Remote(url, token, settings.ca_file)
    mirror = repositories.mirror_path(settings, repository.id)
    desk = new_desk(context, repository.id)
    output = desk / "output"
    limit = settings.repository_limit
    credentials = fifo_credentials(token, desk, settings.clone_timeout)
    if (mirror / "HEAD").exists():
        command = git_mirror.fetch_command(remote, mirror, limit, credentials)
        return Plan(command, credentials, output, mirror, None)
    git_mirror.clear(mirror)
    arriving = git_mirror.incoming(mirror)
    command = git_mirror.clone_command(remote, arriving, limit, credentials)
    return Plan(command, credentials, output, mirror, arriving)


def conclude(context: Context, repository: Repository, plan: Plan, result: CommandResult) -> None:
    """Put a clone in its place, queue heads that no webhook told of, and write it down."""
    try:
        if result.timed_out:
            raise GitError("timeout")
        check(result.exit_code, result.tail())
        if plan.arriving is not None:
            git_mirror.settle(plan.arriving, plan.mirror)
        heads = git_mirror.heads(plan.mirror)
        if not heads:
            raise GitError("empty")
    finally:
        clean_up(plan)
    if not repository.is_ready:
        if repositories.mark_ready(context, repository.id, heads=heads) is None:
            git_mirror.remove(plan.mirror)  # it was deleted or revoked meanwhile
        return
    unseen = repositories.unseen_heads(context, repository.id, heads)
    for branch, sha in list(unseen.items())[:SHOWN_HEADS]:
        message, author = describe(plan.mirror, sha)
        builds.pull_head(context, repository, branch, sha, message, author)
    repositories.pulled(context, repository.id, heads=heads)


def failed(context: Context, repository: Repository, reason: str) -> None:
    """The fetch did not work: a first one leaves the repository failed, a later one says why."""
    if repository.is_ready:
        repositories.pulled(context, repository.id, error=reason)
    else:
        repositories.mark_failed(context, repository.id, reason)


def clean_up(plan: Plan) -> None:
    """Take the token back and remove what is left over."""
    if plan.credentials is not None:
        plan.credentials.close()
    if plan.arriving is not None:
        git_mirror.remove(plan.arriving)
    shutil.rmtree(plan.output.parent, ignore_errors=True)


def new_desk(context: Context, repository_id: int) -> Path:
    """A place for git's output and the token's FIFO of one pull; those of dead processes go."""
    directory = context.settings.data_dir / "run"
    for desk in desks_of(context, repository_id):
        if not Path("/proc", desk.name.split("-")[2]).exists():
            shutil.rmtree(desk, ignore_errors=True)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    desk = directory / f"git-{repository_id}-{os.getpid()}-{secrets.token_hex(4)}"
    desk.mkdir(mode=0o700)
    return desk


def desks_of(context: Context, repository_id: int) -> list[Path]:
    """The desks of the repository's pulls: of the one that goes on, and left ones."""
    return list((context.settings.data_dir / "run").glob(f"git-{repository_id}-*"))


def progress(context: Context, repository: Repository) -> str | None:
    """How far the clone has come, in git's words; None when there is nothing to tell."""
    outputs = [desk / "output" for desk in desks_of(context, repository.id)]
    try:
        output = max(outputs, key=lambda path: path.stat().st_mtime)
        with output.open("rb") as file:
            file.seek(0, 2)
            file.seek(max(0, file.tell() - 4096))
            text = file.read().decode("utf-8", "replace")
    except (OSError, ValueError):
        return None
    return git_mirror.progress(text)


def remove(context: Context, repository_id: int) -> None:
    """Delete the mirror: at once out of the way, then from the disk."""
    mirror = repositories.mirror_path(context.settings, repository_id)
    trash = mirror.with_name(f"{mirror.name}.gone-{time.time_ns()}")
    try:
        mirror.rename(trash)
    except OSError:
        trash = mirror
    git_mirror.remove(trash)
