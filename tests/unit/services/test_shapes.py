"""The JSON shapes, against the schemas of openapi.yaml."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest
import yaml
from jsonschema_rs import Draft4Validator

from myapp.builds.model import Build
from myapp.builds.workers import Worker
from myapp.contract.contract import DOCUMENT
from myapp.contract.schema import translate
from myapp.deliveries.model import Delivery
from myapp.github.model import RepositoryFacts
from myapp.repositories.model import Repository, Variable
from myapp.services import shapes

SPECIFICATION: dict[str, Any] = yaml.safe_load(DOCUMENT.read_bytes())
BASE = "https://ci.example.com"
NOON = 1738324800.0
SHA = "7fd1a60b01f91b314f59955a4e4d4e80d8edf11d"

QUEUED = Build(
    id=42,
    repository_id=3,
    number=7,
    job="test",
    state="queued",
    reason="Next in the queue",
    event="push",
    branch="main",
    ref="refs/heads/main",
    sha=SHA,
    message="Say hello",
    author="octocat",
    creator="octocat",
    environment=None,
    target="test",
    attempt=0,
    losses=0,
    created_at=NOON,
    started_at=None,
    finished_at=None,
    exit_code=None,
    max_rss=None,
    cpu_seconds=None,
    log_size=0,
    worker=None,
    lease_until=None,
    step=None,
    cancel_requested_at=None,
    cancel_by=None,
    cancel_reason=None,
    retry_of=None,
    superseded_by=None,
    owner="octocat",
    name="hello-world",
    queue_position=1,
    eta=NOON + 60,
)
FAILED = replace(
    QUEUED,
    state="failed",
    reason="make test ended with exit code 2",
    attempt=1,
    started_at=NOON + 0.02,
    finished_at=NOON + 4.27,
    exit_code=2,
    max_rss=73400320,
    cpu_seconds=3.9,
    log_size=9001,
    worker="builder-1",
    queue_position=None,
    eta=None,
)
REPOSITORY = Repository(
    id=3,
    uid="0b9f3a52-6f0e-4c1c-9a52-6d3f5d8f1a10",
    node_id="R_1",
    owner="octocat",
    name="hello-world",
    account_id=1,
    status="ready",
    status_reason=None,
    default_branch="main",
    default_branch_sha=SHA,
    private=False,
    html_url="https://github.com/octocat/hello-world",
    description="",
    webhook_uid="6b1c7c1e-5d2f-4f3b-9d57-0f1a2b3c4d5e",
    hook_id=None,
    hook_state="unknown",
    hook_reason=None,
    test_target="test",
    deploy_target="deploy",
    deploy_branch="",
    auto_deploy=False,
    build_pull_requests=False,
    one_build_per_branch=False,
    timeout=None,
    created_at=NOON,
    updated_at=NOON,
    revoked_at=None,
    last_pulled_at=NOON,
    pull_error=None,
    checked_at=None,
)
FACTS = RepositoryFacts(
    node_id="R_1",
    owner="octocat",
    name="hello-world",
    private=False,
    archived=False,
    empty=False,
    permission="ADMIN",
    default_branch="main",
    default_branch_sha=SHA,
    head_message="Say hello",
    head_author="octocat",
    html_url="https://github.com/octocat/hello-world",
    description="",
)
WORKER = Worker(
    name="builder-1",
    host="ci",
    pid=4711,
    slots=2,
    sandbox="bwrap",
    version="0.1.0",
    started_at=NOON,
    seen_at=NOON,
    gone_at=None,
    running=1,
)


def keeps(shape: Any, schema: str) -> Any:
    """Return a shape as the client gets it, having held it against its schema."""
    received = orjson.loads(orjson.dumps(shape))
    translated = translate(SPECIFICATION, {"$ref": f"#/components/schemas/{schema}"})
    validator = Draft4Validator(translated, validate_formats=True)
    assert [str(error) for error in validator.iter_errors(received)] == []
    return received


@pytest.mark.parametrize("build", [QUEUED, FAILED], ids=["queued", "failed"])
def test_a_build_keeps_its_schema(build):
    keeps(shapes.build_json(build, base_url=BASE), "Build")


def test_a_build_has_its_addresses_times_and_duration():
    shape = shapes.build_json(FAILED, base_url=BASE)
    assert shape["html_url"] == "https://ci.example.com/builds/42"
    assert shape["log_url"] == "https://ci.example.com/api/builds/42/log"
    assert shape["created_at"] == "2025-01-31T12:00:00.000Z"
    assert shape["started_at"] == "2025-01-31T12:00:00.020Z"
    assert shape["duration"] == 4.25


def test_a_build_that_has_not_ended_has_no_duration():
    running = replace(FAILED, state="running", reason=None, finished_at=None)
    assert keeps(shapes.build_json(running, base_url=BASE), "Build")["duration"] is None


def test_what_a_build_does_not_have_is_null():
    bare = replace(QUEUED, branch="", ref="", message="", author="", reason="")
    shape = keeps(shapes.build_json(bare, base_url=BASE), "Build")
    assert [shape[name] for name in ("branch", "ref", "message", "author", "reason")] == [None] * 5


def test_a_build_tells_nothing_that_is_not_in_the_contract():
    shape = shapes.build_json(FAILED, base_url=BASE)
    assert list(shape) == SPECIFICATION["components"]["schemas"]["Build"]["required"]


@pytest.mark.parametrize("status", ["cloning", "ready", "failed", "revoked"])
def test_a_repository_keeps_its_schema(status):
    repository = replace(REPOSITORY, status=status, status_reason="Why", revoked_at=NOON)
    shape = keeps(shapes.repository_json(repository, base_url=BASE), "Repository")
    assert shape["status"] == status
    assert shape["jobs"] == ["test", "deploy"]
    assert shape["last_build"] is None
    assert shape["webhook_url"] == f"{BASE}/api/webhooks/{REPOSITORY.webhook_uid}"


def test_a_repository_shows_its_last_build_and_that_it_runs():
    shape = shapes.repository_json(REPOSITORY, base_url=BASE, last_build=FAILED, running=True)
    assert keeps(shape, "Repository")["last_build"]["id"] == 42
    assert shape["status"] == "running"


def test_a_revoked_repository_is_not_running_whatever_is_left_of_it():
    revoked = replace(REPOSITORY, status="revoked")
    shape = shapes.repository_json(revoked, base_url=BASE, running=True)
    assert shape["status"] == "revoked"


def test_what_a_repository_does_not_have_is_null():
    bare = replace(REPOSITORY, default_branch="", default_branch_sha="")
    shape = keeps(shapes.repository_json(bare, base_url=BASE), "Repository")
    names = ("default_branch", "description", "deploy_branch", "checked_at", "timeout")
    assert [shape[name] for name in names] == [None] * 5


def test_a_repository_carries_what_github_says():
    github = shapes.github_json(FACTS, fetched_at=NOON, stale=True)
    shape = keeps(shapes.repository_json(REPOSITORY, base_url=BASE, github=github), "Repository")
    assert shape["github"]["stale"] is True
    assert shape["github"]["permission"] == "ADMIN"
    empty = replace(FACTS, default_branch="", default_branch_sha="", permission="")
    keeps(shapes.github_json(empty, fetched_at=None, stale=False), "GitHubRepository")


def test_a_secret_is_masked_everywhere():
    secret = Variable("TOKEN", "hunter2", True, ("test", "deploy"))
    plain = Variable("LEVEL", "DEBUG", False, ("test",))
    assert keeps(shapes.variable_json(secret), "Variable")["value"] == "***"
    assert keeps(shapes.variable_json(plain), "Variable")["value"] == "DEBUG"
    saved = keeps(shapes.saved_variable_json(secret, "It is short"), "SavedVariable")
    assert saved["value"] == "***" and saved["warning"] == "It is short"
    assert keeps(shapes.saved_variable_json(plain, None), "SavedVariable")["warning"] is None
    listed = keeps(shapes.variables_json([secret, plain]), "Variables")
    assert listed == {"TOKEN": "***", "LEVEL": "DEBUG"}


def test_a_delivery_keeps_its_schema():
    delivery = Delivery(9, 3, "72d3162e", "push", NOON, "Build 7 was queued", "main", SHA, 42)
    assert keeps(shapes.delivery_json(delivery), "Delivery")["build_id"] == 42
    ping = replace(delivery, event="ping", branch=None, sha=None, build_id=None)
    assert keeps(shapes.delivery_json(ping), "Delivery")["sha"] is None


def test_a_worker_is_alive_while_it_is_heard_of():
    assert keeps(shapes.worker_json(WORKER, now=NOON + 5), "Worker")["alive"] is True
    assert shapes.worker_json(WORKER, now=NOON + 3600)["alive"] is False
    gone = replace(WORKER, gone_at=NOON)
    assert shapes.worker_json(gone, now=NOON)["alive"] is False


def test_a_hook_to_be_set_up_by_hand_says_how_without_the_secret():
    manual = replace(REPOSITORY, hook_state="manual", hook_reason="The token may not")
    shape = keeps(shapes.hook_json(manual, base_url=BASE), "Hook")
    assert shape["state"] == "manual" and shape["reason"] == "The token may not"
    assert any(shape["url"] in step for step in shape["instructions"])
    keeps({"secret": "s3cr3t", "hook": shape}, "WebhookSecret")


def test_an_installed_hook_needs_no_instructions():
    shape = keeps(
        shapes.hook_json(replace(REPOSITORY, hook_state="installed"), base_url=BASE), "Hook"
    )
    assert shape["state"] == "installed" and shape["instructions"] == []


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, None),
        (0.0, "1970-01-01T00:00:00.000Z"),
        (NOON + 0.9996, "2025-01-31T12:00:00.999Z"),
        (4102444800.0, "2100-01-01T00:00:00.000Z"),
    ],
)
def test_times_are_rfc_3339_in_utc(seconds, text):
    assert shapes.time_json(seconds) == text
