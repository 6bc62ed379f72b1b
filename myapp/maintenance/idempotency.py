"""Requests with an Idempotency-Key are answered as they were the first time.

draft-ietf-httpapi-idempotency-key-header-07, 2.6 and 2.7: the same key with another request is
422, while the first is still being worked on 409.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass

from myapp.context import Context
from myapp.errors import Conflict, ValidationFailed
from myapp.store import idempotency as table
from myapp.vault import VaultError

ABANDONED = 120.0  # seconds after which a request without an answer counts as dead


@dataclass(frozen=True)
class Answer:
    """What was answered; `headers` are those that matter (Location)."""

    status: int
    headers: dict[str, str]
    body: str


def recall_answer(
    context: Context, account_id: int, key: str, operation: str, *, fingerprint: str
) -> Answer | None:
    """The answer given before, or None: then the request is the caller's to work on.

    `fingerprint` is a hash of what was asked for. The caller ends with `remember_answer` or
    `forget_answer`. Raises ValidationFailed if the key came with another request, Conflict while
    the first is being worked on.
    """
    now = time.time()
    with context.database.write() as connection:
        for _ in range(2):
            if table.begin(
                connection,
                account_id,
                key,
                operation,
                fingerprint=fingerprint,
                now=now,
            ):
                return None
            row = table.find(connection, account_id, key, operation)
            abandoned = row is None or (row.answer is None and row.created_at < now - ABANDONED)
            if not abandoned:
                break
            table.delete(connection, account_id, key, operation)
    if row is None:
        raise Conflict("A request with this Idempotency-Key is being worked on")
    if row.fingerprint != fingerprint:
        raise ValidationFailed.at(
            "This key was used with another request", "parameters", "Idempotency-Key"
        )
    if row.answer is None:
        raise Conflict("A request with this Idempotency-Key is being worked on")
    try:
        return Answer(**json.loads(context.vault.decrypt(row.answer)))
    except VaultError:
        raise Conflict("The answer to this Idempotency-Key can no longer be read") from None


def remember_answer(
    context: Context, account_id: int, key: str, operation: str, answer: Answer
) -> None:
    """Keep the answer for a day; it is encrypted, for it may hold what is told only once."""
    encrypted = context.vault.encrypt(json.dumps(asdict(answer)))
    with context.database.write() as connection:
        table.finish(connection, account_id, key, operation, encrypted)


def forget_answer(context: Context, account_id: int, key: str, operation: str) -> None:
    """The request failed for a reason that may pass: the same key may try again."""
    with context.database.write() as connection:
        table.delete(connection, account_id, key, operation)
