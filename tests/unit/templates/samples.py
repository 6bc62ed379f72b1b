"""Contexts for every page, in the shapes of openapi.yaml; also what the browser tests show."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from myapp.logs.scan import Scan
from myapp.logs.window import Window, open_window

NOW = 1738324800.0  # 2025-01-31T12:00:00Z
HOSTILE = "<script>alert('x')</script>\"'\u202eevil & </textarea></title>"
STATES = (
    "queued", "running", "passed", "failed", "errored", "cancelled", "timed_out", "superseded",
    "skipped",
)  # fmt: skip
SHA = "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"
REASONS = {
    "queued": "First in the queue; both slots are taken by octocat/spoon-knife #12 and #13.",
    "failed": "make test ended with exit code 2",
    "errored": "The worker builder-1 was lost while it ran this build.",
    "cancelled": 'Cancelled by octocat: "wrong branch"',
    "timed_out": "It ran for longer than 1 h, the limit of this repository.",
    "superseded": "A newer push to main made this build needless: #42.",
    "skipped": "The commit's message asks for no build.",
}


def when(ago: float) -> str:
    """The RFC 3339 time so many seconds before NOW."""
    moment = datetime.fromtimestamp(NOW - ago, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")


def build(state: str = "passed", **changes: Any) -> dict[str, Any]:
    """A build in the JSON shape."""
    started = None if state in ("queued", "superseded", "skipped") else when(300)
    finished = None if state in ("queued", "running") else when(258)
    return {
        "id": 42, "number": 7, "owner": "octocat", "name": "hello-world", "job": "test",
        "state": state, "reason": REASONS.get(state), "event": "push", "branch": "main",
        "ref": "refs/heads/main", "sha": SHA, "message": "Say hello\n\nAt length.",
        "author": "octocat", "attempt": 1, "created_at": when(301), "started_at": started,
        "finished_at": finished, "duration": 42.3 if started and finished else None,
        "exit_code": {"passed": 0, "failed": 2}.get(state),
        "max_rss": 73_400_320 if started and finished else None,
        "cpu_seconds": 39.8 if started and finished else None, "log_size": 9001,
        "queue_position": 1 if state == "queued" else None,
        "eta": when(-30) if state in ("queued", "running") else None,
        "worker": "builder-1" if started else None, "retry_of": None,
        "superseded_by": 43 if state == "superseded" else None,
        "html_url": "http://ci.example/builds/42", "log_url": "http://ci.example/api/builds/42/log",
        **changes,
    }  # fmt: skip


def repository(status: str = "ready", **changes: Any) -> dict[str, Any]:
    """A repository in the JSON shape."""
    return {
        "uid": "0b9f3a52-6f0e-4c1c-9a52-6d3f5d8f1a10", "owner": "octocat", "name": "hello-world",
        "jobs": ["test", "deploy"], "status": status, "status_reason": None,
        "default_branch": "main", "private": False, "description": "My first repository",
        "html_url": "https://github.com/octocat/hello-world",
        "webhook_url": "http://ci.example/api/webhooks/6b1c7c1e-5d2f-4f3b-9d57-0f1a2b3c4d5e",
        "hook_state": "installed", "hook_reason": None, "test_target": "test",
        "deploy_target": "deploy", "deploy_branch": None, "auto_deploy": False,
        "build_pull_requests": False, "one_build_per_branch": False, "timeout": None,
        "last_pulled_at": when(120), "pull_error": None,
        "checked_at": when(1800), "created_at": when(86_400), "updated_at": when(120),
        "revoked_at": when(3600) if status == "revoked" else None, "last_build": None,
        **changes,
    }  # fmt: skip


def hook(state: str = "manual", **changes: Any) -> dict[str, Any]:
    """A webhook in the JSON shape."""
    return {
        "state": state,
        "reason": "The token may not manage this repository's webhooks."
        if state == "manual"
        else None,
        "url": "http://ci.example/api/webhooks/6b1c7c1e-5d2f-4f3b-9d57-0f1a2b3c4d5e",
        "content_type": "application/json",
        "events": ["push", "pull_request"],
        "settings_url": "https://github.com/octocat/hello-world/settings/hooks/new",
        "instructions": [
            "Open the settings page at GitHub.",
            "Paste the payload URL and the secret, and choose the content type.",
            "Choose the events, and save.",
        ]
        if state == "manual"
        else [],
        **changes,
    }


def worker(**changes: Any) -> dict[str, Any]:
    """A worker in the JSON shape."""
    return {
        "name": "builder-1", "host": "ci", "pid": 4711, "slots": 2, "running": 1,
        "sandbox": "bwrap", "version": "0.1.0", "alive": True, "started_at": when(14_400),
        "seen_at": when(3), **changes,
    }  # fmt: skip


def variables() -> list[dict[str, Any]]:
    """A plain and a secret variable in the JSON shape."""
    return [
        {"key": "DATABASE_URL", "value": "sqlite://", "secret": False, "jobs": ["test"]},
        {"key": "PYPI_TOKEN", "value": "***", "secret": True, "jobs": ["deploy"]},
    ]


def log(data: bytes = b"make test\nok\n", **where: Any) -> Window:
    """The window of a log that a build's page shows."""
    scan = Scan()
    scan.feed(data)
    return open_window(lambda at, n: data[at : at + n], scan, **where)


def page(**context: Any) -> dict[str, Any]:
    """What every page has, and more."""
    return {
        "viewer": "octocat", "csrf": "csrf-token", "version": "0.1.0", "now": NOW, "flash": None,
        "form": None, "older_url": None, "newest_url": None,
        "can": {"write": True, "admin": True}, **context,
    }  # fmt: skip


def dashboard(**changes: Any) -> dict[str, Any]:
    """A dashboard in the JSON shape, with three repositories and a queue."""
    states = ["running", "passed", "failed", "passed", "passed", "errored", "cancelled", "passed"]
    history = [
        build(state, id=90 - at, number=30 - at) for at, state in enumerate([*states, "failed"])
    ]
    return {
        "repositories": [
            {"repository": repository("running"), "builds": history},
            {
                "repository": repository(
                    name="spoon-knife", uid="1b9f3a52-6f0e-4c1c-9a52-6d3f5d8f1a10", private=True
                ),
                "builds": [build("failed", id=70, number=12, name="spoon-knife"), *history[3:]],
            },
            {
                "repository": repository(
                    "cloning", name="linguist", uid="2b9f3a52-6f0e-4c1c-9a52-6d3f5d8f1a10"
                ),
                "builds": [],
            },
            {
                "repository": repository(
                    "revoked", name="octo-app", uid="3b9f3a52-6f0e-4c1c-9a52-6d3f5d8f1a10",
                    status_reason="GitHub says that the token can no longer read octocat/octo-app.",
                ),
                "builds": history[4:7],
            },
        ],
        "queue": {"queued": 1, "running": 1, "builds": [history[0], build("queued", id=91)]},
        "workers": [worker()],
        "github": {
            "stale": False, "fetched_at": when(60), "login": "octocat", "name": "The Octocat",
            "html_url": "https://github.com/octocat",
        },
        **changes,
    }  # fmt: skip


def status(**changes: Any) -> dict[str, Any]:
    """The service's status in the JSON shape."""
    return {
        "version": "0.1.0",
        "workers": [worker(), worker(name="builder-2", alive=False, running=0, seen_at=when(900))],
        "queue": {"queued": 2, "running": 1, "oldest_queued_at": when(40)},
        "sandbox": {"kind": "bwrap", "detail": "An own uid, own processes, a private /tmp."},
        "disk": {"total": 100_000_000_000, "free": 41_000_000_000},
        "versions": {"git": "2.39.5", "python": "3.11.7", "redis": None},
        "checks": {
            "database": {"status": "ok", "detail": None},
            "worker": {"status": "ok", "detail": None},
            "disk": {"status": "down", "detail": "Less than 1 GB is free."},
            "github": {
                "status": "degraded", "detail": "GitHub cannot be reached at the moment",
            },
        },
        **changes,
    }  # fmt: skip


def deliveries() -> list[dict[str, Any]]:
    """Deliveries of every outcome in the JSON shape."""
    common = {"delivery_id": "72d3162e-cc78-11e3-81ab-4c9367dc0958", "received_at": when(50)}
    return [
        {**common, "id": 9, "event": "push", "outcome": "queued", "detail": None, "build_id": 42},
        {
            **common, "id": 8, "event": "ping", "outcome": "ignored",
            "detail": "A ping: the webhook works.", "build_id": None,
        },
    ]  # fmt: skip


def form(name: str, values: dict[str, Any], **errors: str) -> dict[str, Any]:
    """A form that came back, with what was typed and what is wrong with it."""
    return {"name": name, "values": values, "errors": errors}


def pages() -> dict[str, tuple[str, dict[str, Any]]]:
    """Every page in every state: its name -> (template, context)."""
    failing = b"make test\n" + b"line\n" * 50 + b"\x1b[31mFAILED tests/test_a.py\x1b[0m\n"
    found: dict[str, tuple[str, dict[str, Any]]] = {
        "index": ("index.j2", page(dashboard=dashboard(), older_url="/?before=3")),
        "index-visitor": ("index.j2", page(viewer=None, dashboard=None)),
        "index-empty": (
            "index.j2",
            page(dashboard=dashboard(repositories=[], queue={"queued": 0, "running": 0,
                                                             "builds": []})),
        ),
        "index-no-worker": (
            "index.j2",
            page(
                dashboard=dashboard(workers=[worker(alive=False)]),
                form=form("register", {"owner": "-x", "name": "y"}, owner="Must be a GitHub name"),
                flash={"kind": "warning", "text": "Nothing was registered."},
            ),
        ),
        "login": ("login.j2", page(viewer=None, next="", github_url="https://github.com")),
        "login-wrong": (
            "login.j2",
            page(
                viewer=None,
                next="/builds/42",
                github_url="https://github.com",
                form={
                    "name": "login",
                    "values": {"username": "octocat", "token": "ghp_secret"},
                    "errors": {"": "GitHub does not accept this token.", "token": "Not accepted"},
                },
            ),
        ),
        "settings": (
            "settings.j2",
            page(
                repository=repository(), variables=variables(), default_timeout=3600,
                hook=hook("installed"), flash="Saved.",
            ),
        ),
        "settings-wrong": (
            "settings.j2",
            page(
                repository=repository(hook_state="manual", hook_reason="No right to it."),
                variables=variables(), default_timeout=3600, hook=hook(),
                form=form(
                    "variable", {"key": "LD_PRELOAD", "value": "x", "jobs": ["deploy"]},
                    key="This name steers the loader and is refused.",
                ),
            ),
        ),
        "owner": ("owner.j2", page(owner="octocat", variables=variables())),
        "owner-empty": ("owner.j2", page(owner="octocat", variables=[])),
        "deliveries": (
            "deliveries.j2",
            page(repository=repository(), deliveries=deliveries(), older_url="?before=8"),
        ),
        "deliveries-empty": ("deliveries.j2", page(repository=repository(), deliveries=[])),
        "status": (
            "status.j2",
            page(
                status=status(),
                maintenance=[{"name": "pull", "interval": 300, "last_run_at": when(20),
                              "holder": "ci:4711"}],
            ),
        ),
        "status-visitor": (
            "status.j2", page(viewer=None, status=status(workers=[]), maintenance=None),
        ),
        "docs": ("docs.j2", page(base_url="http://ci.example")),
    }  # fmt: skip
    for kind in ("cloning", "ready", "running", "failed", "revoked"):
        reason = "GitHub asks for a token with more rights." if kind in ("failed",) else None
        builds = [] if kind == "cloning" else [build(s, id=i) for i, s in enumerate(STATES, 1)]
        found[f"repository-{kind}"] = (
            "repository.j2",
            page(
                repository=repository(kind, status_reason=reason), builds=builds, hook=hook(),
                secret=None, favorite=kind == "ready", older_url="?before=1", newest_url="?",
            ),
        )  # fmt: skip
    found["repository-secret"] = (
        "repository.j2",
        page(repository=repository(), builds=[], hook=hook(), secret="s3cret-once", favorite=False),
    )
    for state in STATES:
        data = b"" if state in ("queued", "superseded", "skipped") else failing
        found[f"build-{state}"] = (
            "build.j2",
            page(
                repository=repository(), build=build(state),
                log=log(data, at_failure=state == "failed"),
            ),
        )  # fmt: skip
    for code in (400, 403, 404, 422, 429, 500, 503):
        detail = (
            [{"loc": ["body", "owner"], "message": "Too long"}] if code == 422 else "A sentence."
        )
        found[f"error-{code}"] = ("errors/error.j2", page(status=code, detail=detail, path="/x"))
    return found
