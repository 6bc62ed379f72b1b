"""The run of schemathesis finds what it is there to find, and nothing where nothing is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.pretended_service import TOKEN, USERNAME, Answer, PretendedService
from tests.support.schemathesis_run import Report, Target, run_schemathesis

pytestmark = pytest.mark.slow


def run(service: PretendedService, directory: Path, *only: str) -> Report:
    target = Target(service.url, USERNAME, TOKEN, parameters={"path.id": 42}, only=only)
    return run_schemathesis(target, directory, seconds=4, examples=5)


def server_error(answer: Answer) -> Answer:
    return 500, {"Content-Type": "application/json"}, b'{"detail": "Internal error"}'


def teapot(answer: Answer) -> Answer:
    return 418, {"Content-Type": "application/json"}, b'{"detail": "I am a teapot"}'


def off_the_schema(answer: Answer) -> Answer:
    status, headers, body = answer
    return status, headers, body.replace(b'"failed"', b'"exploded"')


def without_headers(answer: Answer) -> Answer:
    return answer[0], {"Content-Type": "application/json"}, answer[2]


def test_a_service_that_keeps_the_contract_passes(tmp_path):
    with PretendedService() as service:
        report = run(service, tmp_path, "getBuild", "createBuild", "listBuilds", "getReferences")
    assert report.passed, report.text
    assert "Tested: 4" in report.text


def test_every_kind_of_fault_is_found_where_it_is(tmp_path):
    faults = {
        "getBuild": server_error,
        "retryBuild": teapot,
        "cancelBuild": off_the_schema,
        "createBuild": without_headers,
    }
    with PretendedService(faults) as service:
        report = run(service, tmp_path, *faults)
    assert not report.passed
    for path, found in (
        ("GET /builds/{id}", "Server error"),
        ("POST /builds/{id}/retry", "Undocumented status code"),
        ("POST /builds/{id}/cancel", "Response violates schema"),
        ("POST /repositories/{owner}/{name}/builds", "Missing required response headers"),
    ):
        _, heading, rest = report.text.partition(f"_ {path} _")
        assert heading, f"nothing about {path} in:\n{report.text}"
        assert found in rest.partition("Reproduce with")[0], report.text


def test_the_token_is_in_no_command_line_and_in_a_file_of_its_own(tmp_path):
    with PretendedService() as service:
        report = run(service, tmp_path, "getReferences")
    assert TOKEN not in report.text
    assert (tmp_path / "schemathesis.toml").stat().st_mode & 0o777 == 0o600
