"""Finding a route by the raw path: parts are split first and decoded once, concrete ones win.

The set decodes path parts twice, turns `+` into a space and takes the route that was added first
(atila/app/router.py:409); OpenAPI wants `/a/mine` to win over `/a/{b}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from myapp.errors import MethodNotAllowed, NotFound
from myapp.framework.call import decode_part


@dataclass(frozen=True, slots=True)
class Place:
    """A route that was found: its function, its options and the decoded path parameters."""

    function: Any
    options: dict[str, Any]
    parameters: dict[str, str]
    rule: str


class WrongMethod(MethodNotAllowed):
    """The path exists with other methods, which `Allow` lists (RFC 9110, 15.5.6)."""

    def __init__(self, methods: set[str]) -> None:
        super().__init__()
        self.methods = methods

    @property
    def headers(self) -> dict[str, str]:
        """The methods that would do."""
        return {"Allow": ", ".join(sorted(self.methods))}


@dataclass(slots=True)
class _Rule:
    parts: tuple[str, ...]
    rule: str
    methods: dict[str, tuple[Any, dict[str, Any]]]

    def specificity(self) -> tuple[int, ...]:
        """Less is more concrete: 0 for a fixed part, 1 with text around its parameter, else 2."""
        return tuple(0 if "<" not in part else 2 - (_tail(part) != "") for part in self.parts)

    def fits(self, raw_parts: list[str]) -> bool:
        return all(map(_fits, self.parts, raw_parts))


class RouteTable:
    """All routes of an Atila app, taken from its own maps once they are complete."""

    def __init__(self, app: Any) -> None:
        self._static: dict[str, _Rule] = {}
        self._by_length: dict[int, list[_Rule]] = {}
        for protos in app.route_map.values():
            self._add(protos)
        for rules in app.route_map_fancy.values():
            for protos in rules.values():
                self._add(protos)
        for rules_of_length in self._by_length.values():
            rules_of_length.sort(key=_Rule.specificity)

    def _add(self, protos: dict[str, Any]) -> None:
        methods = {
            name: (proto[0], proto[6]) for name, proto in protos.items() if not name.startswith("_")
        }
        rule = protos["__proto__"][5]
        entry = _Rule(tuple(rule.strip("/").split("/")), rule, methods)
        if "<" in rule:
            self._by_length.setdefault(len(entry.parts), []).append(entry)
        else:
            self._static["/" + rule.strip("/")] = entry

    def functions(self) -> list[tuple[str, str, Any]]:
        """Every (method, rule, function)."""
        rules = [*self._static.values(), *(r for rs in self._by_length.values() for r in rs)]
        return [(m, rule.rule, found[0]) for rule in rules for m, found in rule.methods.items()]

    def allowed(self, raw_path: str) -> set[str]:
        """The methods of a path, HEAD and OPTIONS with them; empty when there is no such path."""
        methods = {m for rule in self._matching(raw_path) for m in rule.methods}
        if "GET" in methods:
            methods.add("HEAD")
        return methods | {"OPTIONS"} if methods else methods

    def find(self, method: str, raw_path: str) -> Place:
        """The place of a request; NotFound, WrongMethod, MalformedRequest."""
        method = "GET" if method == "HEAD" else method
        rules = self._matching(raw_path)
        for rule in rules:
            if method in rule.methods:
                function, options = rule.methods[method]
                return Place(function, options, _parameters(rule, raw_path), rule.rule)
        if rules:
            raise WrongMethod(self.allowed(raw_path))
        raise NotFound

    def _matching(self, raw_path: str) -> list[_Rule]:
        static = self._static.get(raw_path)
        if static is not None:
            return [static]
        raw_parts = raw_path[1:].split("/")
        if "" in raw_parts:
            return []
        fitting = [rule for rule in self._by_length.get(len(raw_parts), ()) if rule.fits(raw_parts)]
        # OpenAPI: the most concrete path is the one, also for methods it does not have.
        return [rule for rule in fitting if rule.specificity() == fitting[0].specificity()]


def _tail(part: str) -> str:
    """The fixed text behind a parameter, as in `<name>.svg`."""
    return part.partition(">")[2]


def _fits(part: str, raw: str) -> bool:
    if not part.startswith("<"):
        return part == raw
    tail = _tail(part)
    return not tail or (raw.endswith(tail) and len(raw) > len(tail))


def _parameters(rule: _Rule, raw_path: str) -> dict[str, str]:
    raw_parts = raw_path[1:].split("/")
    return {
        part[1:].partition(">")[0].rpartition(":")[2]: decode_part(raw.removesuffix(_tail(part)))
        for part, raw in zip(rule.parts, raw_parts, strict=True)
        if part.startswith("<")
    }
