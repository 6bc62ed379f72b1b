"""The API's contract: openapi.yaml, loaded and compiled once, and what checks requests by it."""

from __future__ import annotations

from myapp.contract.contract import Contract, Match, load
from myapp.contract.operation import Operation, Validated

__all__ = ["Contract", "Match", "Operation", "Validated", "load"]
