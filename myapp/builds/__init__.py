"""Builds: the queue, its leases, the logs, and what is told about them."""

from myapp.builds.cancelling import cancel
from myapp.builds.claiming import claim
from myapp.builds.enqueuing import enqueue, pull_head, retry
from myapp.builds.holding import append_log, enter_step, finish, hand_back, renew
from myapp.builds.leases import expire_leases, worker_died
from myapp.builds.model import FINAL, Build, ClaimedBuild, Renewal
from myapp.builds.reading import (
    get,
    last_builds,
    list_builds,
    peek,
    queue_position,
    read_log,
    state_for_badge,
)

__all__ = [
    "FINAL",
    "Build",
    "ClaimedBuild",
    "Renewal",
    "append_log",
    "cancel",
    "claim",
    "enqueue",
    "enter_step",
    "expire_leases",
    "finish",
    "get",
    "hand_back",
    "last_builds",
    "list_builds",
    "peek",
    "pull_head",
    "queue_position",
    "read_log",
    "renew",
    "retry",
    "state_for_badge",
    "worker_died",
]
