"""Sends the requests of myapp.github as the worker would, for tests of the fakes."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from typing import TypeVar

import urllib3

from myapp.github.requests import Request

T = TypeVar("T")


class GitHubClient:
    """`client(requests.viewer(token), answers.read_viewer)` gives what the answer says."""

    def __init__(self, api_url: str, graphql_url: str, trust: ssl.SSLContext | None = None) -> None:
        self.api_url, self.graphql_url = api_url, graphql_url
        self._pool = urllib3.PoolManager(retries=False, ssl_context=trust, timeout=10.0)

    def __call__(self, request: Request, read: Callable[[int, Mapping[str, str], bytes], T]) -> T:
        found = self._pool.request(
            request.method,
            request.url(self.api_url, self.graphql_url),
            body=request.data(),
            headers=request.headers,
            redirect=False,
        )
        return read(found.status, found.headers, found.data)

    def close(self) -> None:
        """Close the kept connections."""
        self._pool.clear()
