"""Deliveries: genuine or not, and what each means."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from myapp.errors import MalformedRequest
from myapp.github import webhooks
from myapp.github.events import Ignored, PushEvent

SAMPLES = Path(__file__).parent / "samples" / "deliveries"
SECRET = "It's a Secret to Everybody"
# The example of docs.github.com, "Validating webhook deliveries".
BODY = b"Hello, World!"
SIGNATURE = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def test_githubs_own_example_is_verified() -> None:
    assert webhooks.verify(SECRET, BODY, SIGNATURE)
    assert webhooks.sign(SECRET, BODY) == SIGNATURE


@pytest.mark.parametrize(
    "signature",
    [
        *(None, "", "sha256=", SIGNATURE[:-1], SIGNATURE + "0", SIGNATURE.upper(), " " + SIGNATURE),
        *(SIGNATURE + "\n", SIGNATURE.removeprefix("sha256="), "sha1=" + "0" * 40),
        *("sha256=" + "0" * 64, "sha256=\u0664" + "0" * 63, SIGNATURE.replace("sha256", "sha512")),
    ],
)
def test_a_missing_or_odd_signature_is_refused(signature: str | None) -> None:
    assert not webhooks.verify(SECRET, BODY, signature)


def test_other_bytes_another_secret_and_no_secret_are_refused() -> None:
    assert not webhooks.verify(SECRET, BODY + b" ", SIGNATURE)
    assert not webhooks.verify(SECRET + "x", BODY, SIGNATURE)
    assert not webhooks.verify("", BODY, webhooks.sign("", BODY))


@pytest.mark.parametrize("case", sorted(path.name for path in SAMPLES.iterdir()))
def test_delivery_means_what_is_expected(case: str) -> None:
    raw = (SAMPLES / case / "payload.json").read_bytes()
    expected = json.loads((SAMPLES / case / "expected.json").read_text())
    event = webhooks.read_event(expected["event"], webhooks.read_body(raw, "application/json"))
    assert type(event).__name__ == expected["kind"]
    for name, value in expected["fields"].items():
        found: Any = getattr(event, name)
        if dataclasses.is_dataclass(found) and not isinstance(found, type):
            found = dataclasses.asdict(found)
        assert (list(found) if isinstance(found, tuple) else found) == value, name


@pytest.mark.parametrize("phrase", ["skip ci", "ci skip", "no ci", "skip actions", "actions skip"])
def test_githubs_skipping_phrases_make_no_build(phrase: str) -> None:
    for message in (f"x [{phrase}]", f"[{phrase.upper()}] x", f"x\n\nlong\n[{phrase}]"):
        assert isinstance(webhooks.read_event("push", push(message)), Ignored)


@pytest.mark.parametrize("trailer", ["skip-checks: true", "skip-checks:true"])
def test_skipping_trailer_counts_only_after_two_empty_lines_at_the_end(trailer: str) -> None:
    assert isinstance(webhooks.read_event("push", push(f"x\n\n\n{trailer}\n")), Ignored)
    assert isinstance(webhooks.read_event("push", push(f"x\n\n\nA-B: c\n{trailer}")), Ignored)
    assert isinstance(webhooks.read_event("push", push(f"x\n\n\n{trailer}\nmore")), PushEvent)
    assert isinstance(webhooks.read_event("push", push(f"x {trailer}")), PushEvent)


@pytest.mark.parametrize("message", ["skip ci", "[skip  ci]", "[skip-ci]", "(no ci)", ""])
def test_other_messages_are_built(message: str) -> None:
    assert isinstance(webhooks.read_event("push", push(message)), PushEvent)


def test_form_encoded_delivery_is_read() -> None:
    body = urlencode({"payload": json.dumps({"zen": "a & b"})}).encode()
    kind = "application/x-www-form-urlencoded; charset=utf-8"
    assert webhooks.read_body(body, kind) == {"zen": "a & b"}


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (b"", "application/json"),
        (b"[]", "application/json"),
        (b"7", "application/json"),
        (b"{", None),
        (b"\xff\xfe", "application/json"),
        (b"[" * 100000, "application/json"),
        (b'{"a": ' * 100000, "application/json"),
        (b"9" * 5000, "application/json"),
        (b"x=1", webhooks.FORM_TYPE),
        (b"payload=", webhooks.FORM_TYPE),
        (b"payload=%7B", webhooks.FORM_TYPE),
        (b"payload=\xff", webhooks.FORM_TYPE),
        (b"a&" * 50, webhooks.FORM_TYPE),
    ],
)
def test_a_body_that_cannot_be_read_is_malformed(raw: bytes, kind: str | None) -> None:
    with pytest.raises(MalformedRequest):
        webhooks.read_body(raw, kind)


def test_headers_that_cannot_be_kept_are_none() -> None:
    good = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
    assert webhooks.delivery_id(good) == good
    for value in (None, "", "a b", "x" * 101, "a\n", "\u00e9"):
        assert webhooks.delivery_id(value) is None
    assert webhooks.event_name("pull_request") == "pull_request"
    for value in (None, "", "Push", "a-b", "push\n"):
        assert webhooks.event_name(value) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["a" * 40, "0" * 40]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["ref", "after", "repository", "owner", "name", "node_id", "head_commit", "hook",
             "message", "pull_request", "head", "base", "sha", "repo", "id", "action", "user"]
        ),
        inner,
        max_size=8,
    ),
    max_leaves=12,
)  # fmt: skip
EVENTS = st.sampled_from(["push", "ping", "pull_request", "repository", "star"])


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(event=EVENTS, payload=st.dictionaries(st.sampled_from(
    ["ref", "after", "repository", "head_commit", "pull_request", "action", "hook", "hook_id",
     "deleted", "sender", "number", "before"]), JSON))  # fmt: skip
def test_no_payload_whatever_raises(event: str, payload: dict[str, Any]) -> None:
    webhooks.read_event(event, payload)


def push(message: str) -> dict[str, Any]:
    return {"ref": "refs/heads/main", "after": "a" * 40, "head_commit": {"message": message}}
