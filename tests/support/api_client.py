"""A small client of Hobotnica's API for tests: every exchange is held against openapi.yaml."""

from __future__ import annotations

import json as json_module
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import urllib3

from tests.support.contract_check import Exchange, check

_LARGEST_CHECKED = 1 << 20


@dataclass(frozen=True)
class Answer:
    """Status, headers (names in lower case) and body."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The decoded body."""
        return json_module.loads(self.body)

    @property
    def text(self) -> str:
        """The body as text."""
        return self.body.decode("utf-8", "replace")


class Api:
    """Requests to one service as one account; paths are whole, as in `/api/repositories`."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        timeout: float = 30.0,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self.url, self.headers, self.timeout = url, dict(headers or {}), timeout
        self._pool = urllib3.PoolManager(maxsize=32, retries=False, ssl_context=trust)

    def with_token(self, login: str, token: str) -> Api:
        """The same service as another account."""
        headers = {"X-GitHub-Username": login, "X-GitHub-Personal-Token": token}
        return Api(self.url, headers, timeout=self.timeout)

    def anonymous(self) -> Api:
        """The same service without credentials."""
        return Api(self.url, timeout=self.timeout)

    def request(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """One request; never repeated, redirects are not followed."""
        sent = {**self.headers, **(headers or {})}
        if json is not None:
            body = json_module.dumps(json).encode()
            sent.setdefault("Content-Type", "application/json")
        found = self._pool.request(
            method,
            self.url + path,
            body=body,
            headers=sent,
            timeout=self.timeout,
            redirect=False,
        )
        if path.startswith("/api/") and len(body or b"") <= _LARGEST_CHECKED:
            check(
                Exchange(
                    method=method,
                    url=self.url + path,
                    request_headers=list(sent.items()),
                    request_body=body or b"",
                    status=found.status,
                    headers=list(found.headers.items()),
                    body=found.data,
                )
            )
        return Answer(found.status, {k.lower(): v for k, v in found.headers.items()}, found.data)

    def get(self, path: str, **options: Any) -> Answer:
        """GET."""
        return self.request("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> Answer:
        """POST, of JSON unless `body` is given."""
        return self.request("POST", path, json=json, **options)

    def put(self, path: str, json: Any = None, **options: Any) -> Answer:
        """PUT, of JSON unless `body` is given."""
        return self.request("PUT", path, json=json, **options)

    def patch(self, path: str, json: Any = None, **options: Any) -> Answer:
        """PATCH, of JSON unless `body` is given."""
        return self.request("PATCH", path, json=json, **options)

    def delete(self, path: str, **options: Any) -> Answer:
        """DELETE."""
        return self.request("DELETE", path, **options)

    def close(self) -> None:
        """Close the kept connections."""
        self._pool.clear()
