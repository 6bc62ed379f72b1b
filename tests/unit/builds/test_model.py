from __future__ import annotations

from dataclasses import fields, replace

from myapp.builds.model import FINAL, RESULTS, Build, ClaimedBuild
from myapp.repositories.model import Repository
from myapp.store.builds import SELECT

COLUMNS = [column.name for column in SELECT.selected_columns]


def build(**changes: object) -> Build:
    values: dict[str, object] = dict.fromkeys(item.name for item in fields(Build))
    return Build(**{**values, "state": "queued", **changes})  # type: ignore[arg-type]


def test_the_fields_are_in_the_order_of_the_columns() -> None:
    names = [item.name for item in fields(Build)]
    assert names[: len(COLUMNS)] == COLUMNS
    assert names[len(COLUMNS) :] == ["queue_position", "eta"]


def test_a_build_made_from_a_row_equals_one_made_by_hand() -> None:
    row = tuple(range(len(COLUMNS)))
    made = Build.from_row(row)
    assert made == Build(*row)  # type: ignore[arg-type]
    assert replace(made, eta=1.0).eta == 1.0


def test_what_a_worker_may_say_is_an_end() -> None:
    assert RESULTS < FINAL
    assert not {"queued", "running"} & FINAL


def test_the_duration_is_of_the_last_start_and_known_at_the_end() -> None:
    assert build(started_at=10.0, finished_at=12.5).duration == 2.5
    assert build(started_at=10.0, finished_at=9.0).duration == 0.0
    assert build(started_at=10.0).duration is None
    assert build(finished_at=10.0).duration is None


def test_a_claimed_build_shows_no_secret() -> None:
    values = tuple(range(len(fields(Repository))))
    claimed = ClaimedBuild(
        build(),
        Repository(*values),  # type: ignore[arg-type]
        token="tok3n",
        environment={"KEY": "hunter2"},
        secrets=("hunter2", "tok3n"),
        timeout=60.0,
    )
    assert "hunter2" not in repr(claimed)
    assert "tok3n" not in repr(claimed)
