"""Looking at what GitHub delivered."""

from __future__ import annotations

from myapp.context import Context
from myapp.deliveries.model import Delivery
from myapp.store import deliveries as table


def list_deliveries(
    context: Context, repository_id: int, limit: int = 30, before: int | None = None
) -> list[Delivery]:
    """A page of a repository's deliveries, the newest first."""
    with context.database.read() as connection:
        return [Delivery(*row) for row in table.list_of(connection, repository_id, limit, before)]
