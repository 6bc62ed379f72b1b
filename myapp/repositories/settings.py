"""What people may change of a repository."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any

from myapp.context import Context
from myapp.errors import RepositoryNotFound, ValidationFailed
from myapp.github.names import is_ref
from myapp.repositories.model import Repository
from myapp.store import repositories as table
from myapp.store.audit import audit

# Nothing that make would read as an option or as the setting of a variable.
_TARGET = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+/-]{0,99}")
LONGEST_TIMEOUT = 604800


def _target(value: Any) -> str | None:
    if isinstance(value, str) and _TARGET.fullmatch(value):
        return None
    return "must be the name of a make target: letters, digits and _ . + / -, 100 at most"


def _branch(value: Any) -> str | None:
    return None if value == "" or is_ref(value) else "must be the name of a branch"


def _yes_or_no(value: Any) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _timeout(value: Any) -> str | None:
    if value is None or (type(value) is int and 1 <= value <= LONGEST_TIMEOUT):
        return None
    return f"must be from 1 to {LONGEST_TIMEOUT} seconds, or null for the service's default"


CHANGEABLE: dict[str, Callable[[Any], str | None]] = {
    "test_target": _target,
    "deploy_target": _target,
    "deploy_branch": _branch,
    "auto_deploy": _yes_or_no,
    "build_pull_requests": _yes_or_no,
    "one_build_per_branch": _yes_or_no,
    "timeout": _timeout,
}


def problems(changes: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What is wrong with these changes, as ValidationFailed tells it."""
    found = []
    for name, value in changes.items():
        check = CHANGEABLE.get(name)
        message = check(value) if check else "cannot be changed"
        if message:
            found.append({"loc": ["body", name], "message": message})
    return found


def update_settings(
    context: Context, repository_id: int, changes: Mapping[str, Any], by: str
) -> Repository:
    """Make the changes, all or none; raises ValidationFailed, RepositoryNotFound."""
    wrong = problems(changes)
    if wrong:
        raise ValidationFailed(wrong)
    with context.database.write() as connection:
        row = table.locked(connection, repository_id)
        if row is None:
            raise RepositoryNotFound
        if changes:
            table.update(connection, repository_id, {**changes, "updated_at": time.time()})
            detail = ", ".join(f"{name}={value!r}" for name, value in changes.items())
            audit(connection, by, "change settings", f"{row.owner}/{row.name}", detail)
        found = table.by(connection, "id", repository_id)
    context.changed(f"repository:{repository_id}")
    if found is None:
        raise RepositoryNotFound
    return Repository.from_row(found)
