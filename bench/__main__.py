"""`make bench`: a table of what the service costs beside the floor of the same run."""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path

from bench import floor, pushes, reads
from bench.floor import Step
from bench.service import Service


def main() -> None:
    """Measure on tmpfs (and on disk with --disk) and print."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=50, help="single pushes")
    parser.add_argument("--builds", type=int, default=200, help="pushes at once")
    parser.add_argument("--seconds", type=float, default=5, help="of taking pushes and of reads")
    parser.add_argument("--disk", help="a folder to measure in, instead of /dev/shm")
    options = parser.parse_args()
    place = options.disk or "/dev/shm"
    print(f"In {place}; two slots; sandbox as the machine allows.\n")
    with tempfile.TemporaryDirectory(dir=place, prefix="hobotnica-bench-") as name:
        run(Path(name), options)


def run(folder: Path, options: argparse.Namespace) -> None:
    """All measurements, the floor first."""
    Path(folder).chmod(0o755)
    ground = floor.measure(folder, options.rounds)
    ground_rate = floor.builds_per_second(folder, options.builds, 2)
    with Service(folder / "a") as service:
        idle = service.memory()
        pushes.one_by_one(service, 3, first=0)  # warm
        steps = pushes.one_by_one(service, options.rounds, first=10)
        rate = pushes.all_at_once(service, options.builds, first=10_000)
        after = service.memory()
    # The web side by itself: no worker that sends statuses to a GitHub that is not there.
    with Service(folder / "b", worker=False) as service:
        reads.make_100(service)
        listed = reads.list_of_100(service, int(options.seconds))
        one = pushes.taken(service, 1, options.seconds)
        many = pushes.taken(service, 32, options.seconds)
    head = f"{'':36}{'Hobotnica':>12}{'floor':>12}{'ratio':>8}"
    print(head)
    times("push to start, median (ms)", steps, ground, lambda step: step.start, 50)
    times("push to start, p99 (ms)", steps, ground, lambda step: step.start, 99)
    times("push to finish, median (ms)", steps, ground, lambda step: step.finish, 50)
    times("push to finish, p99 (ms)", steps, ground, lambda step: step.finish, 99)
    row(f"builds/s, {rate.count} pushes, 2 slots", rate.per_second, ground_rate)
    row("durable pushes/s, 1 connection", one)
    row("durable pushes/s, 32 connections", many)
    if listed is not None:
        row("lists of 100 builds/s, 16 connections", listed)
    row("memory idle, all processes (MB)", idle / 1e6)
    row("memory after the builds (MB)", after / 1e6)


def times(label, steps: list[Step], ground: list[Step], pick, percent: int) -> None:  # type: ignore[no-untyped-def]
    """A row of milliseconds."""
    mine = percentile([pick(step) for step in steps], percent)
    theirs = percentile([pick(step) for step in ground], percent)
    row(label, mine * 1e3, theirs * 1e3)


def percentile(values: list[float], percent: int) -> float:
    """The value below which so many percent are."""
    if percent == 50:
        return statistics.median(values)
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


def row(label: str, value: float, ground: float | None = None) -> None:
    """One line of the table."""
    beside = f"{ground:12.1f}{value / ground:8.2f}" if ground else ""
    print(f"{label:36}{value:12.1f}{beside}")


if __name__ == "__main__":
    main()
