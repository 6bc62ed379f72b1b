"""Finds calls that would stop the event loop: a walk over the source of coroutine routes.

A route's first part runs in the request's thread and may block; from its first `yield` on it is on
the loop. Helper generators (`yield from helper(...)`) may begin there and are held to it entirely.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

DOMAIN = {"accounts", "repositories", "builds", "deliveries", "maintenance", "store", "git"}
BLOCKING_MODULES = {"subprocess", "socket", "requests", "urllib3", "httpx", "shutil", "sqlite3"}
BLOCKING_NAMES = {"open", "input", "print"}
BLOCKING_CALLS = {"time.sleep", "os.system", "os.listdir", "os.scandir", "os.walk", "os.remove"}
BLOCKING_METHODS = {
    "read_text", "read_bytes", "write_text", "write_bytes", "unlink", "mkdir", "rmdir", "iterdir",
    "glob", "rglob", "stat", "exists", "is_file", "is_dir", "touch", "acquire", "getaddrinfo",
}  # fmt: skip
WAITING_METHODS = {"fetch", "dispatch", "wait", "commit", "one"}

Function = ast.FunctionDef


@dataclass
class Module:
    """A module's functions and what its names stand for."""

    name: str
    tree: ast.Module
    functions: dict[str, Function] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, name: str, source: str) -> Module:
        module = cls(name, ast.parse(source))
        for node in ast.walk(module.tree):
            if isinstance(node, ast.FunctionDef):
                module.functions[node.name] = node
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    module.imports[alias.asname or alias.name.split(".")[0]] = alias.name
            elif isinstance(node, ast.ImportFrom) and node.module:
                for alias in node.names:
                    module.imports[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        return module


def findings(
    sources: dict[str, str], verbs: set[str], in_the_thread: frozenset[str] = frozenset()
) -> list[str]:
    """Every blocking call on the loop in modules given as name -> source: "module:line call".

    `verbs` are names like "builds.enqueue" (see `verbs_of`); generators named `in_the_thread` begin
    in the request's thread like routes, because the authorisation step begins with them.
    """
    modules = {name: Module.parse(name, source) for name, source in sources.items()}
    blocking = verbs | _blocking_functions(modules, verbs)
    found = []
    for module in modules.values():
        for function in module.functions.values():
            if _is_generator(function):
                starts_free = is_route(function) or function.name in in_the_thread
                found += [
                    f"{module.name}:{call.lineno} {ast.unparse(call.func)}"
                    for call in _on_the_loop(function, from_the_start=not starts_free)
                    if _blocks(call, module, blocking)
                ]
    return sorted(found)


def verbs_of(app: Path) -> set[str]:
    """The domain's blocking functions: those that take a context or a connection first."""
    verbs = set()
    for part in DOMAIN:
        for path in [*(app / part).rglob("*.py"), *app.glob(f"{part}.py")]:
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef) and _is_verb(part, node):
                    verbs.add(f"{part}.{node.name}")
    return verbs


def _is_verb(part: str, node: Function) -> bool:
    first = node.args.args[0].arg if node.args.args else ""
    if part == "git":  # what runs git begins with where; `..._command` only names it
        return first in ("mirror", "path", "workspace") and not node.name.endswith("_command")
    return first in ("context", "connection", "database")


def _blocking_functions(modules: dict[str, Module], verbs: set[str]) -> set[str]:
    """Plain functions that block, by themselves or through another."""
    blocking: set[str] = set()
    while True:
        more = {
            f"{module.name}.{name}"
            for module in modules.values()
            for name, function in module.functions.items()
            if not _is_generator(function)
            and any(
                isinstance(node, ast.Call) and _blocks(node, module, verbs | blocking)
                for node in _own(function)
            )
        }
        if more <= blocking:
            return blocking
        blocking |= more


def is_route(function: Function) -> bool:
    """Whether `@app.route(..., coroutine=True)` stands over it."""
    return any(
        isinstance(decorator, ast.Call)
        and ast.unparse(decorator.func).endswith(".route")
        and any(
            keyword.arg == "coroutine" and ast.unparse(keyword.value) == "True"
            for keyword in decorator.keywords
        )
        for decorator in function.decorator_list
    )


def _own(function: Function) -> Iterator[ast.AST]:
    """The nodes of a body, without those of functions and lambdas inside it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            continue
        yield node
        waiting.extend(ast.iter_child_nodes(node))


def _is_generator(function: Function) -> bool:
    return any(isinstance(node, ast.Yield | ast.YieldFrom) for node in _own(function))


class _Flow:
    """Walks a body in the order of evaluation; `calls` are those reached after a yield."""

    def __init__(self) -> None:
        self.calls: list[ast.Call] = []
        self.yielded = False

    def body(self, statements: list[ast.stmt]) -> bool:
        """Walk statements; False when control does not come out at their end."""
        return all(self.statement(statement) for statement in statements)

    def statement(self, node: ast.stmt) -> bool:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            return True
        if isinstance(node, ast.If):
            self.expression(node.test)
            return self.branches([node.body, node.orelse])
        if isinstance(node, ast.Match):
            self.expression(node.subject)
            return self.branches([case.body for case in node.cases] + [[]])
        if isinstance(node, ast.For | ast.While):
            return self.loop(node)
        if isinstance(node, ast.With):
            for item in node.items:
                self.expression(item.context_expr)
            return self.body(node.body)
        if isinstance(node, ast.Try):
            return self.attempt(node)
        self.expression(node)
        return not isinstance(node, ast.Return | ast.Raise | ast.Continue | ast.Break)

    def branches(self, bodies: list[list[ast.stmt]]) -> bool:
        before, after, through = self.yielded, False, False
        for body in bodies:
            self.yielded = before
            if self.body(body):
                through = True
                after = after or self.yielded
        self.yielded = after if through else True
        return through

    def loop(self, node: ast.For | ast.While) -> bool:
        self.expression(node.iter if isinstance(node, ast.For) else node.test)
        if any(_contains_yield(statement) for statement in node.body):
            self.yielded = True  # the second time round it has happened
        self.body(node.body)
        self.body(node.orelse)
        return True

    def attempt(self, node: ast.Try) -> bool:
        through = self.body(node.body + node.orelse)
        for handler in node.handlers:
            before = self.yielded
            through = self.body(handler.body) or through
            self.yielded = self.yielded or before
        return self.body(node.finalbody) and through

    def expression(self, node: ast.AST) -> None:
        if isinstance(node, ast.Lambda | ast.FunctionDef):
            return
        for child in ast.iter_child_nodes(node):
            self.expression(child)
        if isinstance(node, ast.Yield | ast.YieldFrom):
            self.yielded = True
        elif isinstance(node, ast.Call) and self.yielded:
            self.calls.append(node)


def _contains_yield(node: ast.AST) -> bool:
    return any(isinstance(inner, ast.Yield | ast.YieldFrom) for inner in ast.walk(node))


def _on_the_loop(function: Function, *, from_the_start: bool) -> list[ast.Call]:
    flow = _Flow()
    flow.yielded = from_the_start
    flow.body(function.body)
    return flow.calls


def _blocks(call: ast.Call, module: Module, blocking: set[str]) -> bool:
    name = ast.unparse(call.func)
    head, _, rest = name.partition(".")
    full = module.imports.get(head, head) + (f".{rest}" if rest else "")
    if name in BLOCKING_NAMES or full in BLOCKING_CALLS:
        return True
    if full.split(".")[0] in BLOCKING_MODULES and head in module.imports:
        return True
    if full in blocking or (not rest and f"{module.name}.{name}" in blocking):
        return True
    if isinstance(call.func, ast.Attribute) and _blocking_method(call.func):
        return True
    parts = full.split(".")
    return parts[0] == "myapp" and f"{'.'.join(parts[1:2])}.{parts[-1]}" in blocking


def _blocking_method(method: ast.Attribute) -> bool:
    receiver = ast.unparse(method.value)
    if method.attr in WAITING_METHODS and isinstance(method.value, ast.Call):
        return receiver.startswith("was.")
    parts = receiver.split(".")
    return method.attr in BLOCKING_METHODS or "database" in parts or "vault" in parts
