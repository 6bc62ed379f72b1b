from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from myapp.services import filters


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "–"),  # noqa: RUF001
        (0, "0.0 s"),
        (0.42, "0.4 s"),
        (-3, "0.0 s"),
        (9.97, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min"),
        (185, "3 min 5 s"),
        (3600, "1 h"),
        (7260, "2 h 1 min"),
        (100_800, "1 d 4 h"),
    ],
)
def test_durations_are_said_as_people_say_them(seconds: float | None, words: str) -> None:
    assert filters.duration(seconds) == words


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        ("2025-01-31T12:00:00.000Z", "just now"),
        ("2025-01-31T11:59:59.000Z", "1 second ago"),
        ("2025-01-31T11:55:00.000Z", "5 minutes ago"),
        ("2025-01-31T09:00:00.000Z", "3 hours ago"),
        ("2025-01-01T12:00:00.000Z", "30 days ago"),
        ("2025-01-31T12:02:00.000Z", "in 2 minutes"),
        (1738324795.0, "5 seconds ago"),
    ],
)
def test_ago_tells_the_distance_and_the_exact_time(moment: str | float, words: str) -> None:
    html = filters.ago(moment, 1738324800.0)
    assert html.endswith(f">{words}</time>")
    assert html.startswith('<time datetime="2025-01-')


def test_ago_of_nothing_is_never() -> None:
    assert filters.ago(None, 0) == "never"


def test_elapsed_is_never_negative() -> None:
    assert filters.elapsed("2025-01-31T12:00:00.000Z", 0.0) == 0.0
    assert filters.elapsed("2025-01-31T12:00:00.000Z", 1738324810.0) == 10.0
    assert filters.elapsed(None, 5.0) == 0.0


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (None, "–"),  # noqa: RUF001
        (0, "0 B"),
        (999, "999 B"),
        (9001, "9 KB"),
        (1_400_000, "1.4 MB"),
        (73_400_320, "73 MB"),
        (999_600_000, "1.0 GB"),
        (5e15, "5000 TB"),
    ],
)
def test_sizes_are_in_the_largest_unit(size: float | None, words: str) -> None:
    assert filters.file_size(size) == words


def test_commits_are_named_by_seven_digits_and_their_subject() -> None:
    assert filters.short_sha("7fd1a60b01f91b314f59955a4e4d4e80d8edf11d") == "7fd1a60"
    assert filters.short_sha(None) == filters.NOTHING
    assert filters.first_line("\nSubject \n\nBody") == "Subject"
    assert filters.first_line(None) == filters.first_line("  \n") == ""


def test_states_and_events_are_words() -> None:
    assert filters.state_word("timed_out") == "timed out"
    assert filters.state_word("passed") == "passed"
    assert filters.event_word("pull") == "found by a pull"
    assert filters.event_word("unheard_of") == "unheard_of"


def test_counted_things_have_their_plural() -> None:
    assert filters.count(1, "build") == "1 build"
    assert filters.count(12_000, "build") == "12,000 builds"
    assert filters.count(2, "delivery", "deliveries") == "2 deliveries"


@given(st.floats(min_value=0, max_value=1e12))
def test_any_duration_and_size_has_words(number: float) -> None:
    assert filters.duration(number)
    assert filters.file_size(number)
