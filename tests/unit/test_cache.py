from __future__ import annotations

from myapp.cache import Cache


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_value_is_kept_until_its_time_is_over() -> None:
    clock = Clock()
    cache = Cache(clock=clock)
    cache.put("group", "name", "value", 10)
    clock.now += 9.9
    assert cache.get("group", "name") == "value"
    clock.now += 0.1
    assert cache.get("group", "name") is None
    assert len(cache) == 0


def test_fetch_loads_once() -> None:
    cache, loads = Cache(), []
    for _ in range(3):
        assert cache.fetch("group", "name", 60, lambda: loads.append(1) or "value") == "value"
    assert len(loads) == 1


def test_fetch_does_not_keep_none() -> None:
    cache, loads = Cache(), []
    for _ in range(2):
        assert cache.fetch("group", "name", 60, lambda: loads.append(1)) is None
    assert len(loads) == 2


def test_drop_forgets_the_whole_group_and_no_other() -> None:
    cache = Cache()
    cache.put("builds:7", "list", "a", 60)
    cache.put("builds:7", "badge", "b", 60)
    cache.put("builds:71", "list", "c", 60)
    cache.drop("builds:7")
    assert cache.get("builds:7", "list") is None
    assert cache.get("builds:7", "badge") is None
    assert cache.get("builds:71", "list") == "c"


def test_drop_forgets_one_name() -> None:
    cache = Cache()
    cache.put("group", "a", 1, 60)
    cache.put("group", "b", 2, 60)
    cache.drop("group", "a")
    assert (cache.get("group", "a"), cache.get("group", "b")) == (None, 2)


def test_what_was_loaded_during_a_write_is_not_kept() -> None:
    cache = Cache()

    def load() -> str:
        cache.drop("group")  # a write commits after the load has read
        return "old"

    assert cache.fetch("group", "name", 60, load) == "old"
    assert cache.get("group", "name") is None


def test_the_least_used_value_goes_when_the_cache_is_full() -> None:
    cache = Cache(size=2)
    cache.put("group", "a", 1, 60)
    cache.put("group", "b", 2, 60)
    cache.get("group", "a")
    cache.put("other", "c", 3, 60)
    assert cache.get("group", "b") is None
    assert (cache.get("group", "a"), cache.get("other", "c")) == (1, 3)
    assert len(cache) == 2


def test_a_message_of_another_process_drops_the_group_it_names() -> None:
    cache = Cache()
    cache.put("repository:3", "facts", 1, 60)
    cache.receive({"kind": "changed", "group": "repository:3"})
    assert cache.get("repository:3", "facts") is None


def test_a_state_message_drops_what_was_read_of_the_builds_and_the_queue() -> None:
    cache = Cache()
    cache.put("builds:3", "list", 1, 60)
    cache.put("queue", "look", 1, 60)
    cache.put("builds:4", "list", 1, 60)
    cache.receive({"kind": "state", "build_id": 9, "repository_id": 3, "state": "passed"})
    assert cache.get("builds:3", "list") is None
    assert cache.get("queue", "look") is None
    assert cache.get("builds:4", "list") == 1


def test_messages_about_something_else_drop_nothing() -> None:
    cache = Cache()
    cache.put("builds:3", "list", 1, 60)
    cache.receive({"kind": "log", "build_id": 3, "size": 10})
    cache.receive({})
    assert cache.get("builds:3", "list") == 1
