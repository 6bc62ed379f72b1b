"""Commit messages that ask for no build.

Source: docs.github.com/actions, "Skipping workflow runs": five phrases anywhere in the message of
the head commit, or the trailer `skip-checks: true` after two empty lines at its end.
"""

from __future__ import annotations

import re

_PHRASE = re.compile(r"\[(?:skip ci|ci skip|no ci|skip actions|actions skip)\]", re.IGNORECASE)
_TRAILER = re.compile(r"\n\n\n(?:[A-Za-z0-9-]+:.*\n)*(skip-checks: ?true)\s*\Z")


def skip_phrase(message: str) -> str | None:
    """The words in the message that ask for no build, None if there are none."""
    found = _PHRASE.search(message)
    if found:
        return found[0]
    trailer = _TRAILER.search(message.replace("\r\n", "\n"))
    return trailer[1] if trailer else None
