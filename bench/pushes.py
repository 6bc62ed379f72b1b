"""Pushes over HTTP: how soon they run, how many a second run, how many a second are taken."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
import uuid
from dataclasses import dataclass

from bench.floor import Step
from bench.service import Service
from myapp import builds

MOST_A_SECOND = 3000  # pushes that are prepared


@dataclass(frozen=True)
class Throughput:
    """Finished builds a second, and pushes that waited for it."""

    per_second: float
    count: int


def connect(service: Service) -> http.client.HTTPConnection:
    """A connection that is kept."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    connection.connect()
    return connection


def push(
    service: Service, connection: http.client.HTTPConnection, body: bytes, headers: dict[str, str]
) -> bytes:
    """One delivery that must be taken; the answer."""
    given = {**headers, "X-GitHub-Delivery": str(uuid.uuid4())}
    connection.request("POST", service.hook_path, body, given)
    answer = connection.getresponse()
    data = answer.read()
    if answer.status != 202:
        raise RuntimeError(f"a push was answered {answer.status}: {data[:200]!r}")
    return data


def one_by_one(service: Service, count: int, first: int) -> list[Step]:
    """Push-to-start and push-to-finish, each push alone."""
    connection, steps = connect(service), []
    shas = service.origin.commits(count, first=first)
    for number, sha in enumerate(shas, first):
        body, headers = service.delivery(sha, f"b{number}")
        began = time.time()
        build = service.wait_for(json.loads(push(service, connection, body, headers))["id"])
        if build.state != "passed" or build.finished_at is None:
            raise RuntimeError(f"a build of the benchmark is {build.state}: {build.reason}")
        log = builds.read_log(service.context, build.id, 0)
        told = next(line for line in log.splitlines() if line[:1].isdigit())
        steps.append(Step(float(told) - began, build.finished_at - began))
    return steps


def all_at_once(service: Service, count: int, first: int) -> Throughput:
    """`count` pushes as fast as they are taken, until the last build has ended."""
    connection = connect(service)
    shas = service.origin.commits(count, first=first)
    deliveries = [service.delivery(sha, f"b{first + n}") for n, sha in enumerate(shas)]
    began = time.time()
    ids = [json.loads(push(service, connection, *one))["id"] for one in deliveries]
    ends = [service.wait_for(build_id) for build_id in ids]
    wrong = [build for build in ends if build.state != "passed"]
    if wrong:
        raise RuntimeError(f"{len(wrong)} builds did not pass: {wrong[0].reason}")
    last = max(build.finished_at or 0 for build in ends)
    return Throughput(count / (last - began), count)


def taken(service: Service, connections: int, seconds: float) -> float:
    """Durable pushes a second over so many connections.

    The requests are made beforehand and the answers hardly looked at: on a small machine a client
    that works takes from the service what is to be measured.
    """
    each = int(MOST_A_SECOND * seconds / connections) + 1
    prepared = [
        [request(service, f"t{number}-{turn}") for turn in range(each)]
        for number in range(connections)
    ]
    counts = [0] * connections
    began = time.monotonic()
    stop = began + seconds

    def loop(number: int) -> None:
        with socket.create_connection(("127.0.0.1", service.port)) as connection:
            for raw in prepared[number]:
                connection.sendall(raw)
                answer = connection.recv(65536)
                if not answer.startswith(b"HTTP/1.1 202"):
                    raise RuntimeError(f"a push was answered {answer[:200]!r}")
                while not answer.endswith(b"}"):
                    answer += connection.recv(65536)
                counts[number] += 1
                if time.monotonic() > stop:
                    return

    threads = [threading.Thread(target=loop, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.monotonic() - began)


def request(service: Service, branch: str) -> bytes:
    """A signed push of a commit of its own as it goes over the wire."""
    body, headers = service.delivery(uuid.uuid4().hex + "00000000", branch)
    lines = [f"POST {service.hook_path} HTTP/1.1", f"Host: 127.0.0.1:{service.port}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"X-GitHub-Delivery: {uuid.uuid4()}", f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body
