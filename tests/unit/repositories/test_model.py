from __future__ import annotations

from dataclasses import fields

from myapp.repositories.model import Repository, Variable
from myapp.store.repositories import COLUMNS


def test_the_fields_are_in_the_order_of_the_columns() -> None:
    names = [item.name for item in fields(Repository)]
    assert names[: len(COLUMNS)] == [column.key for column in COLUMNS]
    assert names[len(COLUMNS) :] == ["permission", "permission_checked_at"]


def test_a_repository_made_from_a_row_equals_one_made_by_hand() -> None:
    values = tuple(range(len(fields(Repository))))
    assert Repository.from_row(values) == Repository(*values)  # type: ignore[arg-type]


def test_a_secret_variable_does_not_show_its_value() -> None:
    assert "hunter2" not in repr(Variable("KEY", "hunter2", True, ("test",)))
    assert "plain" in repr(Variable("KEY", "plain", False, ("test",)))
