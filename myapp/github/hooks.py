"""What our webhook at GitHub looks like, and how one that is there differs from it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from myapp.github.model import Hook

# repository: told of renames, transfers and deletion at once.
EVENTS = ("push", "pull_request", "repository")
CONTENT_TYPE = "json"


def wanted(url: str, secret: str) -> dict[str, Any]:
    """The webhook's fields as GitHub's REST API takes them, for creating and for repairing."""
    return {
        "active": True,
        "events": list(EVENTS),
        "config": {
            "url": url,
            "content_type": CONTENT_TYPE,
            "insecure_ssl": "0",
            "secret": secret,
        },
    }


def find(hooks: Iterable[Hook], url: str) -> Hook | None:
    """Our webhook among a repository's.

    The last part of its path (the unguessable id) is enough to know it, so that it is also found
    after the service moved to another address.
    """
    uid = _last_part(url)
    ours = [hook for hook in hooks if _last_part(hook.url) == uid]
    return next((hook for hook in ours if hook.url == url), ours[0] if ours else None)


def drift(hook: Hook, url: str) -> tuple[str, ...]:
    """What is not as wanted, a few words each; empty when all is well.

    The secret's value cannot be compared (GitHub shows only asterisks): a wrong one is noticed by
    deliveries whose signature does not fit.
    """
    found = []
    if hook.url != url:
        found.append("it points to another address")
    if not hook.active:
        found.append("it is not active")
    missing = [event for event in EVENTS if event not in hook.events and "*" not in hook.events]
    if missing:
        found.append("it does not send " + ", ".join(missing))
    if hook.content_type != CONTENT_TYPE:
        found.append("its content type is not application/json")
    if hook.insecure_ssl:
        found.append("it does not verify certificates")
    if not hook.has_secret:
        found.append("it has no secret")
    return tuple(found)


def _last_part(url: str) -> str:
    try:
        return urlsplit(url).path.rstrip("/").rpartition("/")[2]
    except ValueError:  # other services' hooks may have any address
        return ""
