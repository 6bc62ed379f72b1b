"""What the last pull saw at the head of each branch, to notice what no webhook told us about."""

from __future__ import annotations

import sqlalchemy as sa

from myapp.store.dialects import PerDialect
from myapp.store.metadata import belongs_to, metadata

heads = sa.Table(
    "heads",
    metadata,
    belongs_to("repositories", primary_key=True),
    sa.Column("branch", sa.Text, primary_key=True),
    sa.Column("sha", sa.Text, nullable=False),
)


def _upsert(dialect):  # type: ignore[no-untyped-def]
    statement = dialect.insert(heads)
    return statement.on_conflict_do_update(
        index_elements=["repository_id", "branch"],
        set_={"sha": statement.excluded.sha},
        where=heads.c.sha != statement.excluded.sha,
    )


_UPSERT = PerDialect(_upsert)


def of(connection: sa.Connection, repository_id: int) -> dict[str, str]:
    """The known heads: branch to SHA."""
    statement = sa.select(heads.c.branch, heads.c.sha)
    rows = connection.execute(statement.where(heads.c.repository_id == repository_id))
    return {row.branch: row.sha for row in rows}


def of_branch(connection: sa.Connection, repository_id: int, branch: str) -> str | None:
    """The known head of one branch."""
    statement = sa.select(heads.c.sha).where(
        heads.c.repository_id == repository_id, heads.c.branch == branch
    )
    return connection.execute(statement).scalar_one_or_none()


def put(connection: sa.Connection, repository_id: int, seen: dict[str, str]) -> None:
    """Write down the heads of these branches."""
    if seen:
        rows = [
            {"repository_id": repository_id, "branch": branch, "sha": sha}
            for branch, sha in seen.items()
        ]
        connection.execute(_UPSERT(connection), rows)


def delete(connection: sa.Connection, repository_id: int, branches: list[str]) -> None:
    """Forget branches that are gone."""
    for start in range(0, len(branches), 500):
        some = branches[start : start + 500]
        connection.execute(
            sa.delete(heads).where(heads.c.repository_id == repository_id, heads.c.branch.in_(some))
        )
