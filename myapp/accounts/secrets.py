"""Making and hashing the random strings that prove who somebody is."""

from __future__ import annotations

import hashlib
import secrets

API_TOKEN_PREFIX = "hob_"  # noqa: S105 - a prefix, not a password


def fresh() -> str:
    """256 random bits as text."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept instead of the secret; it is long and random, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
