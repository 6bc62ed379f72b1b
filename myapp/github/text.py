"""Texts from outside, made fit to be stored and shown."""

from __future__ import annotations

TEXT_LIMIT = 65536
LINE_LIMIT = 1000


def clean(value: object, limit: int = TEXT_LIMIT) -> str:
    """The text without what no database takes (NUL, lone surrogates); empty if it is no text."""
    if not isinstance(value, str):
        return ""
    return value[:limit].replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def one_line(value: object, limit: int = LINE_LIMIT) -> str:
    """The text with every run of white space as one space."""
    return " ".join(clean(value, limit).split())
