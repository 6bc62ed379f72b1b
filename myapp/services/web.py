"""Small things that several services need: the context, the links of lists, idempotent answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Sequence
from typing import Any
from urllib.parse import urlencode

from myapp import maintenance
from myapp.context import Context
from myapp.errors import PermissionDenied
from myapp.framework.answers import Answer
from myapp.framework.call import Call

Steps = Generator[Any, Any, Any]


def context_of(was: Any) -> Context:
    """This process's context."""
    return was.app.context


def base_url(was: Any) -> str:
    """What links to this service begin with."""
    return was.app.context.settings.base_url


def github_token(call: Call) -> str:
    """The caller's GitHub token; PermissionDenied when they came with another kind."""
    token = call.state.get("token")
    if token is None:
        raise PermissionDenied("This needs your GitHub credentials, not a token of Hobotnica's")
    return str(token)


def page_of(call: Call) -> tuple[int, int | None]:
    """The valid `limit` and `before` of a list."""
    return call.valid.query.get("limit", 30), call.valid.query.get("before")


def next_link(was: Any, call: Call, limit: int, ids: Sequence[int]) -> list[tuple[str, str]]:
    """The header Link (RFC 8288) to the next page; none behind the last one."""
    if len(ids) < limit:
        return []
    kept = [(key, value) for key, value in call.query if key != "before"]
    query = urlencode([*kept, ("before", str(ids[-1]))])
    return [("Link", f'<{base_url(was)}{call.raw_path}?{query}>; rel="next"')]


def once(was: Any, call: Call, do: Callable[[], Generator[Any, Any, Answer]]) -> Steps:
    """With an Idempotency-Key: do it once, and answer a repetition what was answered first.

    draft-ietf-httpapi-idempotency-key-header: the same key for another request is 422, while the
    first is still under way 409.
    """
    key = call.headers.get("idempotency-key")
    if not key:
        return (yield from do())
    named = (was.app.context, call.account.id, key, call.operation_id)
    recall = was.Thread(
        maintenance.recall_answer, args=named, kwargs={"fingerprint": fingerprint(call)}
    )
    known = (yield recall).fetch()
    if known is not None:
        return Answer(known.status, tuple(known.headers.items()), known.body.encode())
    try:
        result = yield from do()
    except Exception:
        (yield was.Thread(maintenance.forget_answer, args=named)).fetch()
        raise
    kept = maintenance.Answer(result.status, dict(result.headers), result.body.decode())
    (yield was.Thread(maintenance.remember_answer, args=(*named, kept))).fetch()
    return result


def fingerprint(call: Call) -> str:
    """What makes two requests the same: address and body."""
    return hashlib.sha256(call.raw_path.encode() + b"\0" + call.body).hexdigest()
