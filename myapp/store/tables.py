"""Every table, so that the metadata is whole for whoever imports this."""

from __future__ import annotations

from myapp.store import (
    access,
    accounts,
    api_tokens,
    audit,
    builds,
    deliveries,
    favorites,
    heads,
    idempotency,
    leases,
    log_chunks,
    repositories,
    sessions,
    statuses,
    variables,
    workers,
)
from myapp.store.metadata import metadata

__all__ = [
    "access",
    "accounts",
    "api_tokens",
    "audit",
    "builds",
    "deliveries",
    "favorites",
    "heads",
    "idempotency",
    "leases",
    "log_chunks",
    "metadata",
    "repositories",
    "sessions",
    "statuses",
    "variables",
    "workers",
]
