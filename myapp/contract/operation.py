"""One operation of the contract, and the check of a request against it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from myapp.contract.body import Body
from myapp.contract.messages import arrange
from myapp.contract.parameters import Parameters
from myapp.errors import ValidationFailed


@dataclass(frozen=True, slots=True)
class Validated:
    """What a request that keeps the contract says; query and body have their defaults."""

    path: dict[str, Any]
    query: dict[str, Any]
    headers: dict[str, Any]
    body: Any


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of openapi.yaml, compiled."""

    id: str
    method: str
    path: str  # the template, without the server's base
    permission: str  # public, signed-in, reader, writer, owner or admin
    max_body: int  # bytes
    security: tuple[str, ...]  # names of the schemes that it takes, "" for none; () for public
    challenge: str | None  # "basic": without credentials it answers 401 and asks for these
    raw_body: bool  # the body is not read here: its signature comes first
    statuses: frozenset[int]  # what it may answer
    parameters: Parameters = field(repr=False)
    body: Body | None = field(repr=False)

    def validate(
        self,
        path_parameters: Mapping[str, str],
        query: Iterable[tuple[str, str]],
        headers: Mapping[str, str],
        body: bytes = b"",
        content_type: str | None = None,
    ) -> Validated:
        """Check a request; header names are in lower case.

        Raises ValidationFailed with everything that is wrong, or MalformedRequest for broken JSON.
        A body that the operation does not ask for is passed over; with `raw_body` it is returned
        as it came.
        """
        in_path, in_query, in_headers, problems = self.parameters.read(
            path_parameters, query, headers
        )
        value: Any = None
        if self.raw_body:
            value = body
        elif self.body is not None:
            value, wrong = self.body.read(body, content_type)
            problems = problems + wrong
        if problems:
            raise ValidationFailed([dict(item) for item in arrange(problems)])
        return Validated(in_path, in_query, in_headers, value)
