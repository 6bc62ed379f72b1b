from __future__ import annotations

import pytest

from myapp.errors import TooManyRequests
from myapp.services.limits import Limiter


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def limiter(clock: Clock, rate: float = 0.5, burst: int = 3) -> Limiter:
    return Limiter(rate, burst, clock)


def test_burst_passes_and_the_next_is_refused_with_the_time_to_wait(clock: Clock) -> None:
    limit = limiter(clock)
    for _ in range(3):
        limit.check("a")
        limit.take("a")
    with pytest.raises(TooManyRequests) as refused:
        limit.check("a")
    assert refused.value.retry_after == pytest.approx(2.0)
    assert refused.value.headers == {"Retry-After": "2"}


def test_looking_takes_nothing(clock: Clock) -> None:
    limit = limiter(clock, burst=1)
    for _ in range(10):
        limit.check("a")


def test_time_gives_back_what_was_taken(clock: Clock) -> None:
    limit = limiter(clock, burst=1)
    limit.take("a")
    clock.now += 1.9
    with pytest.raises(TooManyRequests):
        limit.check("a")
    clock.now += 0.1
    limit.check("a")


def test_a_long_pause_gives_no_more_than_the_burst(clock: Clock) -> None:
    limit = limiter(clock, burst=2)
    limit.take("a")
    clock.now += 1e6
    limit.take("a")
    limit.take("a")
    with pytest.raises(TooManyRequests):
        limit.check("a")


def test_who_goes_on_while_refused_waits_no_longer_for_it(clock: Clock) -> None:
    limit = limiter(clock, burst=1)
    for _ in range(100):
        limit.take("a")
    clock.now += 2.0
    limit.check("a")


def test_one_key_is_not_limited_by_another(clock: Clock) -> None:
    limit = limiter(clock, burst=1)
    limit.take("a")
    limit.check("b")


def test_wait_is_told_as_a_second_at_least(clock: Clock) -> None:
    limit = limiter(clock, rate=100.0, burst=1)
    limit.take("a")
    with pytest.raises(TooManyRequests) as refused:
        limit.check("a")
    assert refused.value.headers["Retry-After"] == "1"


def test_memory_for_keys_is_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("myapp.services.limits._MOST_KEYS", 10)
    limit = limiter(clock)
    for number in range(1000):
        limit.take(str(number))
    assert len(limit._buckets) == 10
