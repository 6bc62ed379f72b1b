"""Names move between repositories at GitHub; the node id tells who is who."""

from __future__ import annotations

import time

from myapp.store import repositories as table
from myapp.store.database import Connection


def take_name(connection: Connection, repository_id: int, owner: str, name: str) -> None:
    """Give the repository the name that GitHub says it has now.

    Whoever had the name here has lost it there, too: it is asked about at once, by its node id.
    """
    key = table.full_key(owner, name)
    holder = table.by(connection, "full_key", key)
    if holder is not None and holder.id != repository_id:
        table.update(connection, holder.id, {"full_key": None, "check_due_at": time.time()})
    table.update(
        connection,
        repository_id,
        {"owner": owner, "name": name, "full_key": key, "owner_key": owner.lower()},
    )
