"""Environment variables of a repository, and those common to all of an owner's."""

from __future__ import annotations

import time

from myapp.context import Context
from myapp.errors import NotFound, ValidationFailed
from myapp.repositories.model import Variable
from myapp.repositories.variable_names import refusal
from myapp.store import variables as table
from myapp.store.audit import audit

JOBS = ("test", "deploy")
LARGEST_VALUE = 64 << 10  # bytes
MOST_VARIABLES = 500
SHORTEST_MASKED = 6  # letters: shorter ones would turn ordinary words of a log into ***
HIDDEN = "***"


def owner_scope(owner: str) -> str:
    """The scope of what all repositories of this owner get."""
    return f"owner:{owner.lower()}"


def repository_scope(repository_id: int) -> str:
    """The scope of one repository."""
    return f"repository:{repository_id}"


def variables(context: Context, scope: str) -> list[Variable]:
    """The scope's variables in clear, secrets too, by key; raises VaultError."""
    with context.database.read() as connection:
        rows = table.list_of(connection, scope)
    return [
        Variable(row.key, context.vault.decrypt(row.value), row.secret, tuple(row.jobs.split()))
        for row in rows
    ]


def variables_shown(context: Context, scope: str) -> list[Variable]:
    """The scope's variables as they may be shown: a secret's value is ***; raises VaultError."""
    with context.database.read() as connection:
        rows = table.list_of(connection, scope)
    return [
        Variable(
            row.key,
            HIDDEN if row.secret else context.vault.decrypt(row.value),
            row.secret,
            tuple(row.jobs.split()),
        )
        for row in rows
    ]


def set_variable(
    context: Context,
    scope: str,
    key: str,
    value: str,
    *,
    secret: bool,
    jobs: tuple[str, ...] = JOBS,
    by: str,
) -> list[str]:
    """Set one variable; warnings to show to whoever set it. Raises ValidationFailed."""
    _check(key, value, jobs)
    ordered = " ".join(job for job in JOBS if job in jobs)
    values = {
        "value": context.vault.encrypt(value),
        "secret": secret,
        "jobs": ordered,
        "updated_at": time.time(),
        "updated_by": by,
    }
    with context.database.write() as connection:
        if table.count(connection, scope, but=key) >= MOST_VARIABLES:
            raise ValidationFailed.at(f"There are {MOST_VARIABLES} variables already", "body")
        table.put(connection, scope, key, values)
        kind = "secret" if secret else "plain"
        audit(connection, by, "set variable", f"{scope} {key}", f"{kind}, {ordered}")
    return _warnings(value) if secret else []


def delete_variable(context: Context, scope: str, key: str, *, by: str) -> None:
    """Remove one variable; raises NotFound."""
    with context.database.write() as connection:
        if not table.delete(connection, scope, key):
            raise NotFound(f"There is no variable {key}")
        audit(connection, by, "delete variable", f"{scope} {key}")


def _check(key: str, value: str, jobs: tuple[str, ...]) -> None:
    errors = []
    why = refusal(key)
    if why:
        errors.append({"loc": ["parameters", "key"], "message": why})
    if "\0" in value:
        errors.append({"loc": ["body", "value"], "message": "must not contain a NUL"})
    try:
        if len(value.encode()) > LARGEST_VALUE:
            errors.append({"loc": ["body", "value"], "message": "must be 64 KB at most"})
    except UnicodeEncodeError:
        errors.append({"loc": ["body", "value"], "message": "must be Unicode text"})
    if not jobs or not set(jobs) <= set(JOBS):
        errors.append({"loc": ["body", "jobs"], "message": "must be test, deploy or both"})
    if errors:
        raise ValidationFailed(errors)


def _warnings(value: str) -> list[str]:
    lines = [line.strip() for line in value.splitlines()]
    if any(0 < len(line) < SHORTEST_MASKED for line in lines):
        return [
            f"A line of the value is shorter than {SHORTEST_MASKED} letters: it is not masked in "
            "logs, because that would hide ordinary words too"
        ]
    return []
