"""GitHub's own rules for owners, repositories, branches and commits.

Owners: docs.github.com, "Username considerations for external authentication" (letters, digits
and hyphens, 39 at most; an Enterprise-managed user ends in `_` and a short code). Branches:
git-check-ref-format(1). The contract is stricter than GitHub in one thing: no name begins with `-`
or has `..` in it, because such names read as options and paths further down.
"""

from __future__ import annotations

import re

from myapp.errors import ValidationFailed

OWNER_PATTERN = r"^(?=.{1,39}$)[A-Za-z0-9][A-Za-z0-9-]*(_[A-Za-z0-9]+)?$"
NAME_PATTERN = r"^(?!-)(?!\.$)(?!.*\.\.)(?!.*\.[gG][iI][tT]$)[A-Za-z0-9._-]{1,100}$"

# \Z where the patterns have $: Python's $ also matches before a last newline.
_OWNER = re.compile(OWNER_PATTERN.replace("$", r"\Z"))
_NAME = re.compile(NAME_PATTERN.replace("$", r"\Z"))
_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_REF_REFUSED = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/\.|\.lock(?:/|\Z)")

OWNER_RULE = "must be a GitHub user or organisation: letters, digits and inner hyphens, 39 at most"
NAME_RULE = "must be a GitHub repository name: letters, digits, '.', '_' and '-', 100 at most"
REF_RULE = "must be the name of a branch or a tag, or a commit's SHA"


def is_owner(value: object) -> bool:
    """Whether GitHub could have a user or an organisation of this name."""
    return isinstance(value, str) and _OWNER.match(value) is not None


def is_name(value: object) -> bool:
    """Whether GitHub could have a repository of this name (without its owner)."""
    return isinstance(value, str) and _NAME.match(value) is not None


def is_sha(value: object) -> bool:
    """Whether this is a whole commit id, SHA-1 or SHA-256, in lower case."""
    return isinstance(value, str) and _SHA.match(value) is not None


def is_null_sha(value: object) -> bool:
    """Whether this is the id that stands for "no commit"."""
    return is_sha(value) and not str(value).strip("0")


def is_ref(value: object) -> bool:
    """Whether git takes this as the name of a branch or a tag, full or short."""
    if not isinstance(value, str) or not 0 < len(value.encode("utf-8", "replace")) <= 255:
        return False
    if value[0] in "-./" or value[-1] in "./" or value == "@" or not value.isprintable():
        return False
    return _REF_REFUSED.search(value) is None


def check_owner(value: object, *loc: str) -> str:
    """The owner, or ValidationFailed at `loc` (default: body, owner)."""
    if not is_owner(value):
        raise ValidationFailed.at(OWNER_RULE, *(loc or ("body", "owner")))
    return str(value)


def check_name(value: object, *loc: str) -> str:
    """The repository's name, or ValidationFailed at `loc` (default: body, name)."""
    if not is_name(value):
        raise ValidationFailed.at(NAME_RULE, *(loc or ("body", "name")))
    return str(value)


def check_ref(value: object, *loc: str) -> str:
    """The branch, tag or SHA, or ValidationFailed at `loc` (default: body, ref)."""
    if not is_ref(value):
        raise ValidationFailed.at(REF_RULE, *(loc or ("body", "ref")))
    return str(value)
