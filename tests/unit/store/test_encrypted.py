from __future__ import annotations

import sqlalchemy as sa

from myapp.store import encrypted
from myapp.store.tables import metadata

NO_SECRET = {"log_chunks.data"}


def test_every_encrypted_column_is_known_to_the_change_of_keys() -> None:
    binary = {
        str(column)
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, sa.LargeBinary)
    }
    assert binary - NO_SECRET == {str(column) for column in encrypted.COLUMNS}
