"""For those who watch the service: health, status, figures for Prometheus."""

from __future__ import annotations

import time
from collections.abc import Generator
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from myapp import maintenance
from myapp.context import Context
from myapp.framework.answers import answer, text
from myapp.framework.call import Call
from myapp.framework.operation import operation
from myapp.maintenance import Overview
from myapp.services import condition
from myapp.services.permissions import PUBLIC, SIGNED_IN
from myapp.services.web import context_of

Steps = Generator[Any, Any, Any]
RETRY = {"Retry-After": "5"}


def __mount__(app: Any, mntopt: dict[str, Any]) -> None:
    # A coroutine that really waits: if coroutines were stuck, this would show it.
    @app.route("/health", methods=["GET"], coroutine=True)
    @operation("getHealth", PUBLIC)
    def get_health(was: Any, call: Call) -> Steps:
        status, shape = (yield was.Thread(condition.health, args=(context_of(was),))).fetch()
        return answer(was, shape, status, {} if status == 200 else RETRY)

    @app.route("/metrics", methods=["GET"], coroutine=True)
    @operation("getMetrics", PUBLIC)
    def get_metrics(was: Any, call: Call) -> Steps:
        figures = (yield was.Thread(metrics, args=(context_of(was),))).fetch()
        return text(was, figures, content_type="text/plain; version=0.0.4; charset=utf-8")

    @app.route("/status", methods=["GET"], coroutine=True)
    @operation("getStatus", SIGNED_IN)
    def get_status(was: Any, call: Call) -> Steps:
        return answer(was, (yield was.Thread(condition.status, args=(context_of(was),))).fetch())


class Figures(Collector):
    """The overview as Prometheus gauges."""

    def __init__(self, overview: Overview) -> None:
        self._overview = overview

    def collect(self) -> Generator[GaugeMetricFamily, None, None]:
        """The gauges; names end with their unit."""
        found = self._overview
        now = time.time()
        alive = [worker for worker in found.workers if worker.is_alive(now)]
        states = GaugeMetricFamily(
            "hobotnica_builds", "Builds that have not ended, by state", labels=["state"]
        )
        states.add_metric(["queued"], found.queued)
        states.add_metric(["running"], found.running)
        yield states
        registered = GaugeMetricFamily(
            "hobotnica_repositories", "Registered repositories, by status", labels=["status"]
        )
        for status, count in found.repositories.items():
            registered.add_metric([status], count)
        yield registered
        for name, help_text, value in (
            ("queue_wait_seconds", "Age of the oldest queued build", found.oldest_queued_age or 0),
            ("statuses_waiting", "Commit statuses GitHub has not taken", found.statuses_waiting),
            ("workers_alive", "Workers that were heard of lately", len(alive)),
            ("worker_slots", "Builds that can run at once", sum(one.slots for one in alive)),
            ("database_bytes", "Size of the database", found.database_size),
        ):
            yield GaugeMetricFamily(f"hobotnica_{name}", help_text, value=value)


def metrics(context: Context) -> bytes:
    """Prometheus' text format (blocking)."""
    registry = CollectorRegistry()
    registry.register(Figures(maintenance.status(context)))
    return generate_latest(registry)
