"""Names and ids that no other test has."""

from __future__ import annotations

import hashlib
import itertools

_NUMBERS = itertools.count(1)


def number() -> int:
    """A number that was not given out before in this process."""
    return next(_NUMBERS)


def owner() -> str:
    """A new owner's login."""
    return f"owner-{number()}"


def name() -> str:
    """A new repository's name."""
    return f"repository-{number()}"


def sha(seed: object = None) -> str:
    """A commit id: a new one, or always the same for the same seed."""
    text = f"{seed}" if seed is not None else f"unique {number()}"
    return hashlib.sha1(text.encode()).hexdigest()


def token() -> str:
    """A new token, of a shape like GitHub's but recognisable as ours."""
    return f"test-token-{number()}-{sha()[:20]}"
