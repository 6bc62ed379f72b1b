"""The text of a query, taken apart."""

from __future__ import annotations

from urllib.parse import parse_qsl

from myapp.errors import MalformedRequest

MOST_FIELDS = 100


def read_query(query: str) -> list[tuple[str, str]]:
    """Read a raw query, without its `?`, as names and values in their order."""
    if not query:
        return []
    try:
        return parse_qsl(query, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except UnicodeDecodeError:
        raise MalformedRequest("The query is not UTF-8") from None
    except ValueError:
        raise MalformedRequest(f"The query has more than {MOST_FIELDS} parameters") from None
