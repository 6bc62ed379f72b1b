"""GitHub's deliveries: is one genuine, and what does it mean for us.

Source: docs.github.com/webhooks ("Validating webhook deliveries", "Webhook events and payloads").
Payloads differ between GitHub's versions, so only what is needed is read, and nothing that is
missing or odd is an error: it makes the event one that is ignored, with a sentence that says why.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from typing import Any
from urllib.parse import parse_qs

from myapp.errors import MalformedRequest
from myapp.github import names
from myapp.github.events import (
    Event,
    Ignored,
    Ping,
    PullRequestEvent,
    PushEvent,
    RepositoryDeleted,
    RepositoryMoved,
    RepositoryReference,
)
from myapp.github.skipping import skip_phrase
from myapp.github.text import clean, one_line

FORM_TYPE = "application/x-www-form-urlencoded"
_SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})\Z")
_DELIVERY = re.compile(r"[A-Za-z0-9-]{1,100}\Z")
_EVENT = re.compile(r"[a-z0-9_]{1,100}\Z")


def sign(secret: str, raw: bytes) -> str:
    """The value of X-Hub-Signature-256 for this body."""
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def verify(secret: str, raw: bytes, signature: str | None) -> bool:
    """Whether the signature is the body's, in constant time; an empty secret verifies nothing."""
    if not secret or not signature or not _SIGNATURE.match(signature):
        return False
    return hmac.compare_digest(sign(secret, raw), signature)


def delivery_id(value: str | None) -> str | None:
    """The header X-GitHub-Delivery if it is one that can be kept, else None."""
    return value if value and _DELIVERY.match(value) else None


def event_name(value: str | None) -> str | None:
    """The header X-GitHub-Event if it can be an event's name, else None."""
    return value if value and _EVENT.match(value) else None


def read_body(raw: bytes, content_type: str | None) -> dict[str, Any]:
    """The payload of a JSON or a form-encoded delivery; raises MalformedRequest."""
    kind = (content_type or "").partition(";")[0].strip().lower()
    try:
        if kind == FORM_TYPE:
            fields = parse_qs(raw.decode("ascii"), max_num_fields=10)
            payload = json.loads(fields["payload"][0])
        else:
            payload = json.loads(raw)
    except (ValueError, KeyError, RecursionError):
        raise MalformedRequest("The delivery's body is not JSON") from None
    if not isinstance(payload, dict):
        raise MalformedRequest("The delivery's body is not a JSON object")
    return payload


def read_event(event: str | None, payload: dict[str, Any]) -> Event:
    """What the delivery means; anything that is of no use to us is Ignored, with the reason."""
    name = event_name(event)
    if name == "push":
        return _push(payload)
    if name == "ping":
        return _ping(payload)
    if name == "pull_request":
        return _pull_request(payload)
    if name == "repository":
        return _repository(payload)
    return Ignored(f"The event {name} is not used" if name else "The event has no name")


def about(payload: dict[str, Any]) -> RepositoryReference | None:
    """The repository that the delivery speaks of, None if it names none."""
    found = _dict(payload, "repository")
    owner = _dict(found, "owner")
    login = clean(owner.get("login")) or clean(owner.get("name"))
    name, node_id = clean(found.get("name")), clean(found.get("node_id"))
    if not node_id or not names.is_owner(login) or not names.is_name(name):
        return None
    return RepositoryReference(node_id, login, name)


def _push(payload: dict[str, Any]) -> Event:
    ref, sha = clean(payload.get("ref")), payload.get("after")
    if ref.startswith("refs/tags/"):
        return Ignored("A tag was pushed; only branches are tested")
    if not ref.startswith("refs/heads/") or not names.is_ref(ref.removeprefix("refs/heads/")):
        return Ignored("The push is not to a branch")
    branch = ref.removeprefix("refs/heads/")
    if payload.get("deleted") is True or names.is_null_sha(sha):
        return Ignored("The branch was deleted")
    if not names.is_sha(sha):
        return Ignored("The push names no commit")
    head = _dict(payload, "head_commit")
    message = clean(head.get("message"))
    phrase = skip_phrase(message)
    if phrase:
        return Ignored(f"The commit message says {phrase}")
    author = _dict(head, "author")
    return PushEvent(
        ref=ref,
        branch=branch,
        sha=str(sha),
        before=str(payload["before"]) if names.is_sha(payload.get("before")) else "",
        message=message,
        author=one_line(author.get("username") or author.get("name")),
        pusher=one_line(_dict(payload, "pusher").get("name")),
        forced=payload.get("forced") is True,
        repository=about(payload),
    )


def _ping(payload: dict[str, Any]) -> Ping:
    hook = _dict(payload, "hook")
    events = hook.get("events")
    return Ping(
        zen=one_line(payload.get("zen")),
        hook_id=_whole(payload.get("hook_id")),
        events=tuple(map(one_line, events)) if isinstance(events, list) else (),
        repository=about(payload),
    )


def _pull_request(payload: dict[str, Any]) -> Event:
    pull = _dict(payload, "pull_request")
    head, base = _dict(pull, "head"), _dict(pull, "base")
    number = _whole(payload.get("number")) or _whole(pull.get("number"))
    if not names.is_sha(head.get("sha")) or not number:
        return Ignored("The pull request names no commit")
    head_id, base_id = (_whole(_dict(side, "repo").get("id")) for side in (head, base))
    user = _dict(pull, "user")
    return PullRequestEvent(
        action=one_line(payload.get("action"), 100),
        number=number,
        title=one_line(pull.get("title")),
        draft=pull.get("draft") is True,
        sha=str(head["sha"]),
        branch=clean(head.get("ref")),
        base_sha=str(base["sha"]) if names.is_sha(base.get("sha")) else "",
        base_branch=clean(base.get("ref")),
        head_repository_id=head_id,
        base_repository_id=base_id,
        author=one_line(user.get("login")),
        author_id=_whole(user.get("id")),
        author_association=one_line(pull.get("author_association"), 100),
        sender_id=_whole(_dict(payload, "sender").get("id")),
        repository=about(payload),
    )


def _repository(payload: dict[str, Any]) -> Event:
    action, repository = one_line(payload.get("action"), 100), about(payload)
    if repository is None:
        return Ignored("The event names no repository")
    if action in ("renamed", "transferred"):
        return RepositoryMoved(repository, action)
    if action == "deleted":
        return RepositoryDeleted(repository)
    return Ignored(f"The repository's change {action!r} needs nothing")


def _dict(found: dict[str, Any], key: str) -> dict[str, Any]:
    value = found.get(key)
    return value if isinstance(value, dict) else {}


def _whole(value: object) -> int:
    """The number if it is one that a database takes, else 0 (GitHub's ids begin at 1)."""
    return value if type(value) is int and 0 < value < 1 << 63 else 0
