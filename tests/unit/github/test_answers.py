"""Every recorded-style answer in samples/answers is read as its expected.json says.

A sample is an HTTP message as GitHub documents it; `expected.json` names the function that reads it
and either the value or the error.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from myapp.github import answers, errors

SAMPLES = Path(__file__).parent / "samples" / "answers"
CASES = sorted(path.name for path in SAMPLES.iterdir())


def recorded(case: str) -> tuple[int, dict[str, str], bytes]:
    head, _, body = (SAMPLES / case / "answer.http").read_bytes().partition(b"\n\n")
    first, *lines = head.decode().splitlines()
    headers = dict(line.split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, body


def plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return json.loads(json.dumps(dataclasses.asdict(value)))
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


@pytest.mark.parametrize("case", CASES)
def test_answer_is_read_as_expected(case: str) -> None:
    expected = json.loads((SAMPLES / case / "expected.json").read_text())
    read = getattr(answers, expected.pop("read"))
    if "value" in expected:
        assert plain(read(*recorded(case))) == expected["value"]
        return
    with pytest.raises(errors.GitHubError) as caught:
        read(*recorded(case))
    error = caught.value
    assert type(error).__name__ == expected.pop("error")
    assert expected.pop("reason_has", "") in error.reason
    assert {key: getattr(error, key) for key in expected} == expected


@pytest.mark.parametrize("case", CASES)
def test_header_names_may_be_in_any_case(case: str) -> None:
    expected = json.loads((SAMPLES / case / "expected.json").read_text())
    status, headers, body = recorded(case)
    outcomes = []
    for change in (str.lower, str.upper):
        changed = {change(name): value for name, value in headers.items()}
        try:
            outcomes.append(plain(getattr(answers, expected["read"])(status, changed, body)))
        except errors.GitHubError as error:
            outcomes.append((type(error), error.reason, getattr(error, "retry_after", None)))
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("read", ["read_repository_access", "read_status", "read_hooks"])
def test_any_status_with_nonsense_is_a_typed_error_that_revokes_nothing(read: str) -> None:
    for status in range(200, 600):
        with pytest.raises(errors.GitHubError) as caught:
            getattr(answers, read)(status, {"Retry-After": "soon"}, b"\xff<nonsense>")
        assert not caught.value.access_lost
        assert caught.value.transient


@pytest.mark.parametrize("body", [b"[" * 200_000, b'{"data": ' * 200_000, b"9" * 10_000])
def test_json_that_no_one_can_read_is_a_bad_answer(body: bytes) -> None:
    with pytest.raises(errors.BadAnswer):
        answers.read_viewer(200, {}, body)
    with pytest.raises(errors.BadAnswer):
        answers.read_viewer(403, {}, body)
