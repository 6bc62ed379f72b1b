"""The JSON shapes of openapi.yaml, made from what the verbs return; pure and fast.

Lists of a hundred are made of these for every request, so nothing here is computed twice.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from myapp.github.hooks import EVENTS

if TYPE_CHECKING:
    from myapp.builds.model import Build
    from myapp.builds.workers import Worker
    from myapp.deliveries.model import Delivery
    from myapp.github.model import RepositoryFacts
    from myapp.repositories.model import Repository, Variable

JOBS = ("test", "deploy")
MASK = "***"

Json = dict[str, Any]


@lru_cache(maxsize=16384)
def time_json(seconds: float | None) -> str | None:
    """Write seconds since 1970 as RFC 3339 in UTC, to the millisecond."""
    if seconds is None:
        return None
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def build_json(build: Build, *, base_url: str) -> Json:
    """The shape `Build`; `base_url` is this service's own, without a slash at the end."""
    duration = build.duration
    return {
        "id": build.id,
        "number": build.number,
        "owner": build.owner,
        "name": build.name,
        "job": build.job,
        "state": build.state,
        "reason": build.reason or None,
        "event": build.event,
        "branch": build.branch or None,
        "ref": build.ref or None,
        "sha": build.sha,
        "message": build.message or None,
        "author": build.author or None,
        "attempt": build.attempt,
        "created_at": time_json(build.created_at),
        "started_at": time_json(build.started_at),
        "finished_at": time_json(build.finished_at),
        "duration": None if duration is None else round(duration, 3),
        "exit_code": build.exit_code,
        "max_rss": build.max_rss,
        "cpu_seconds": build.cpu_seconds,
        "log_size": build.log_size,
        "queue_position": build.queue_position,
        "eta": time_json(build.eta),
        "worker": build.worker or None,
        "retry_of": build.retry_of,
        "superseded_by": build.superseded_by,
        "html_url": f"{base_url}/builds/{build.id}",
        "log_url": f"{base_url}/api/builds/{build.id}/log",
    }


def repository_json(
    repository: Repository,
    *,
    base_url: str,
    last_build: Build | None = None,
    running: bool = False,
    github: Json | None = None,
) -> Json:
    """The shape `Repository`; `running` says that a build of it runs now.

    `github` is the shape `GitHubRepository`, where GitHub was asked.
    """
    status = repository.status
    shape = {
        "uid": repository.uid,
        "owner": repository.owner,
        "name": repository.name,
        "jobs": JOBS,
        "status": "running" if running and status == "ready" else status,
        "status_reason": repository.status_reason or None,
        "default_branch": repository.default_branch or None,
        "private": repository.private,
        "description": repository.description or None,
        "html_url": repository.html_url,
        "webhook_url": webhook_url(repository, base_url=base_url),
        "hook_state": repository.hook_state,
        "hook_reason": repository.hook_reason or None,
        "test_target": repository.test_target,
        "deploy_target": repository.deploy_target,
        "deploy_branch": repository.deploy_branch or None,
        "auto_deploy": repository.auto_deploy,
        "build_pull_requests": repository.build_pull_requests,
        "one_build_per_branch": repository.one_build_per_branch,
        "timeout": repository.timeout,
        "last_pulled_at": time_json(repository.last_pulled_at),
        "pull_error": repository.pull_error or None,
        "checked_at": time_json(repository.checked_at),
        "created_at": time_json(repository.created_at),
        "updated_at": time_json(repository.updated_at),
        "revoked_at": time_json(repository.revoked_at),
        "last_build": build_json(last_build, base_url=base_url) if last_build else None,
    }
    if github is not None:
        shape["github"] = github
    return shape


def webhook_url(repository: Repository, *, base_url: str) -> str:
    """Where GitHub is to deliver the repository's events."""
    return f"{base_url}/api/webhooks/{repository.webhook_uid}"


def variable_json(variable: Variable) -> Json:
    """The shape `Variable`; the value of a secret does not leave the service."""
    return {
        "key": variable.key,
        "value": MASK if variable.secret else variable.value,
        "secret": variable.secret,
        "jobs": list(variable.jobs),
    }


def saved_variable_json(variable: Variable, warning: str | None) -> Json:
    """The shape `SavedVariable`."""
    return {**variable_json(variable), "warning": warning or None}


def variables_json(variables: list[Variable]) -> Json:
    """The shape `Variables`: names and values."""
    return {item.key: MASK if item.secret else item.value for item in variables}


def delivery_json(delivery: Delivery) -> Json:
    """The shape `Delivery`."""
    return {
        "id": delivery.id,
        "delivery_id": delivery.delivery_id,
        "event": delivery.event,
        "received_at": time_json(delivery.received_at),
        "detail": delivery.detail,
        "branch": delivery.branch or None,
        "sha": delivery.sha or None,
        "build_id": delivery.build_id,
    }


def worker_json(worker: Worker, *, now: float) -> Json:
    """The shape `Worker`; `now` decides whether it is alive."""
    return {
        "name": worker.name,
        "host": worker.host,
        "pid": worker.pid,
        "slots": worker.slots,
        "running": worker.running,
        "sandbox": worker.sandbox,
        "version": worker.version,
        "alive": worker.is_alive(now),
        "started_at": time_json(worker.started_at),
        "seen_at": time_json(worker.seen_at),
    }


def github_json(facts: RepositoryFacts, *, fetched_at: float | None, stale: bool) -> Json:
    """The shape `GitHubRepository`; `stale` says that GitHub did not answer this time."""
    return {
        "stale": stale,
        "fetched_at": time_json(fetched_at),
        "permission": facts.permission or None,
        "archived": facts.archived,
        "default_branch": facts.default_branch or None,
        "head_sha": facts.default_branch_sha or None,
    }


def hook_json(repository: Repository, *, base_url: str) -> Json:
    """The shape `Hook`: how the webhook stands, and what to do by hand if we could not."""
    installed = repository.hook_state == "installed"
    url = webhook_url(repository, base_url=base_url)
    settings_url = f"{repository.html_url}/settings/hooks"
    steps = [
        f"Open {settings_url}/new; somebody who administers the repository can.",
        f"Payload URL: {url}",
        "Content type: application/json",
        "Secret: the one that a new secret's page, or rotateWebhookSecret, shows once.",
        "Events: select individual ones, tick Pushes, Pull requests and Repositories.",
        "Add the webhook; GitHub's ping then shows among the deliveries here.",
    ]
    return {
        "state": "installed" if installed else "manual",
        "reason": None if installed else repository.hook_reason or None,
        "url": url,
        "content_type": "application/json",
        "events": list(EVENTS),
        "settings_url": settings_url,
        "instructions": [] if installed else steps,
    }
