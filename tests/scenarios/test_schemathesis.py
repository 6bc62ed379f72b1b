"""The running service against requests made up from openapi.yaml, right and wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from myapp.contract import load
from tests.support.git_server import GitServer
from tests.support.schemathesis_run import Target, run_schemathesis
from tests.support.service import Service
from tests.support.wait import wait_until

ENDED = ("passed", "failed", "errored", "cancelled", "timed_out", "superseded", "skipped")


def _register(service: Service, full_name: str) -> None:
    owner, name = full_name.split("/")
    service.api.post("/api/repositories", {"owner": owner, "name": name})
    path = f"/api/repositories/{full_name}"
    wait_until(lambda: service.api.get(path).json["status"] == "ready", what=f"{path} is ready")


def _ended_build(service: Service, full_name: str) -> int:
    created = service.api.post(f"/api/repositories/{full_name}/builds", {"ref": "main"})
    path = f"/api/builds/{created.json['id']}"
    wait_until(lambda: service.api.get(path).json["state"] in ENDED, what=f"{path} has ended")
    return int(created.json["id"])


def _nobody_gets_in(service: Service) -> None:
    names = {"owner": "octocat", "name": "hello", "key": "LEVEL", "id": "1"}
    for operation in load().operations.values():
        if operation.permission == "public":
            continue
        path = operation.path.replace("{", "{0[").replace("}", "]}").format(names)
        answer = service.api.anonymous().request(operation.method, f"/api{path}")
        assert answer.json == {"detail": "Not authenticated"}, operation.id
        assert answer.status == (401 if operation.challenge else 403), operation.id


@pytest.mark.npm
@pytest.mark.slow
@pytest.mark.timeout(300)
def test_no_request_gets_an_answer_that_the_contract_does_not_allow(
    service: Service, git_server: GitServer, octocat: str, tmp_path: Path
) -> None:
    for name in ("octocat/hello", "octocat/doomed"):
        git_server.create(name)
        _register(service, name)
    target = Target(
        service.url,
        username="octocat",
        token=octocat,
        parameters={
            "path.owner": "octocat",
            "path.name": "hello",
            "path.id": _ended_build(service, "octocat/hello"),
        },
        overrides={"deleteRepository": {"path.name": "doomed"}},
    )
    _nobody_gets_in(service)
    report = run_schemathesis(target, tmp_path / "schemathesis", seconds=75)
    assert report.passed, report.text
    assert service.api.get("/api/health").status == 200, service.log[-4000:]
