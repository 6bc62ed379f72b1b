"""The HTTP client of all integration and scenario tests: every exchange is held to the contract."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import httpx

from tests.support.contract_check import BASE, ContractBroken, Exchange, check

__all__ = ["ContractBroken", "ContractClient", "basic", "bearer", "personal_token"]


def personal_token(username: str, token: str) -> dict[str, str]:
    """Make the headers of a GitHub personal token."""
    return {"X-GitHub-Username": username, "X-GitHub-Personal-Token": token}


def bearer(token: str, username: str | None = None) -> dict[str, str]:
    """Make the headers of a GitHub token, or without a username of a Hobotnica API token."""
    headers = {"Authorization": f"Bearer {token}"}
    return headers if username is None else {**headers, "X-GitHub-Username": username}


def basic(username: str, token: str) -> dict[str, str]:
    """Make the header of Basic credentials."""
    pair = base64.b64encode(f"{username}:{token}".encode()).decode()
    return {"Authorization": f"Basic {pair}"}


class ContractClient(httpx.Client):
    """An httpx.Client that raises ContractBroken where openapi.yaml does not allow an exchange.

    Addresses are as in httpx; what is not under /api (the pages) is not looked at. Of streamed
    answers only the head is checked. `exchanges` counts what was checked.
    """

    def __init__(
        self,
        base_url: str,
        *,
        credentials: dict[str, str] | None = None,
        timeout: float = 30,
        **options: Any,
    ) -> None:
        headers = {**(credentials or {}), **options.pop("headers", {})}
        options.setdefault("trust_env", False)
        super().__init__(base_url=base_url, headers=headers, timeout=timeout, **options)
        self.exchanges = 0

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Send, and check what came back before the caller sees it."""
        response = super().send(request, **options)
        path = request.url.raw_path.decode("ascii").partition("?")[0]
        if not path.startswith(BASE + "/"):
            return response
        try:
            check(_exchange(response, streamed=bool(options.get("stream"))))
        except BaseException:
            response.close()
            raise
        self.exchanges += 1
        return response

    def lines(self, url: str, **options: Any) -> Iterator[str]:
        """Yield a streamed answer's lines as they come, such as those of server-sent events."""
        with self.stream("GET", url, **options) as response:
            yield from response.iter_lines()


def _exchange(response: httpx.Response, *, streamed: bool) -> Exchange:
    request = response.request
    try:
        body = request.content
    except httpx.RequestNotRead:
        body = b""
    return Exchange(
        method=request.method,
        url=str(request.url),
        request_headers=[
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw
        ],
        request_body=body,
        status=response.status_code,
        headers=[
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in response.headers.raw
        ],
        body=None if streamed else response.content,
    )
