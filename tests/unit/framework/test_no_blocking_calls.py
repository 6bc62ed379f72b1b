"""No coroutine route of the services stops the event loop (docs: coroutine rules)."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest

from tests.unit.framework.blocking import Module, findings, is_route, verbs_of

APP = Path(__file__).parents[3] / "myapp"
SERVICES = APP / "services"
VERBS = {"builds.enqueue", "repositories.get"}
# `authorise` begins with these in the request's own thread.
IN_THE_THREAD = frozenset({"authenticate", "_authenticate_page", "identify", "_by_github"})
HEAD = """
import subprocess, time
from myapp import builds
from myapp.builds import enqueue
from myapp.builds.model import Build
from myapp.repositories.finding import get
def __mount__(app, mntopt):
    @app.route("/x", methods=["GET"], coroutine=True)
    @operation("x")
    def handler(was, call):
"""


def check(body: str, more: str = "") -> list[str]:
    source = HEAD + indent(dedent(body).strip("\n"), " " * 8) + "\n" + dedent(more)
    return [finding.split(" ", 1)[1] for finding in findings({"myapp.services.x": source}, VERBS)]


@pytest.mark.parametrize(
    "body",
    [
        "build = enqueue(call)\nreturn answer(was, build)",
        "build = enqueue(call)\nyield Sleep(was, 0)\nreturn answer(was, build)",
        "x = (yield was.Thread(enqueue, args=(call,))).fetch()\nreturn answer(was, x)",
        "yield was.Thread(prepare(enqueue(call)))",
        "yield Sleep(was, 0)\nx = Build(id=1)\nreturn x",
        "if a:\n    yield Sleep(was, 0)\nelse:\n    get(1)\nreturn 1",
        "if a:\n    return (yield from other(was))\nget(1)\nyield Sleep(was, 0)",
        "def read():\n    return enqueue(call)\nyield was.Thread(read)\nreturn 1",
        "yield Sleep(was, 0)\nread = lambda: enqueue(call)\nyield was.Thread(read)",
        "tasks = yield was.Tasks(a=was.Thread(enqueue))\nreturn tasks.fetch()",
    ],
)
def test_what_does_not_block_passes(body: str) -> None:
    assert check(body) == []


@pytest.mark.parametrize(
    ("body", "call"),
    [
        ("yield Sleep(was, 0)\nenqueue(call)", "enqueue"),
        ("yield Sleep(was, 0)\nbuilds.enqueue(call)", "builds.enqueue"),
        ("x = yield was.Thread(f)\nreturn get(x)", "get"),
        ("yield Sleep(was, 0)\ntime.sleep(1)", "time.sleep"),
        ("yield Sleep(was, 0)\nopen('x')", "open"),
        ("yield Sleep(was, 0)\nsubprocess.run(['x'])", "subprocess.run"),
        ("yield Sleep(was, 0)\npath.read_text()", "path.read_text"),
        ("yield Sleep(was, 0)\ncontext.database.read()", "context.database.read"),
        ("yield Sleep(was, 0)\nwas.Thread(f).fetch()", "was.Thread(f).fetch"),
        ("for i in x:\n    enqueue(i)\n    yield Sleep(was, 0)", "enqueue"),
        ("while 1:\n    if a:\n        enqueue(1)\n    yield Sleep(was, 0)", "enqueue"),
        ("yield Sleep(was, 0)\nreturn [get(x) for x in y]", "get"),
        (
            "yield Sleep(was, 0)\nif a:\n    try:\n        get(1)\n    except E:\n        pass",
            "get",
        ),
        ("yield Sleep(was, 0)\nreturn answer(was, get(1))", "get"),
    ],
)
def test_what_blocks_after_a_yield_is_found(body: str, call: str) -> None:
    assert check(body) == [call]


def test_a_helper_that_blocks_is_found_where_it_is_called() -> None:
    more = """
    def shape(x):
        return inner(x)
    def inner(x):
        return get(x)
    """
    assert check("yield Sleep(was, 0)\nreturn shape(1)", more) == ["shape"]
    assert check("x = shape(1)\nyield Sleep(was, 0)\nreturn x", more) == []


def test_a_helper_generator_is_on_the_loop_from_its_beginning() -> None:
    more = """
    def helper(was):
        get(1)
        yield Sleep(was, 0)
    """
    assert check("return (yield from helper(was))", more) == ["get"]


def sources() -> dict[str, str]:
    return {
        "myapp.services." + ".".join(path.relative_to(SERVICES).with_suffix("").parts): (
            path.read_text()
        )
        for path in SERVICES.rglob("*.py")
    }


def test_the_services_block_nowhere_on_the_loop() -> None:
    assert findings(sources(), verbs_of(APP), IN_THE_THREAD) == []


def test_the_domain_has_verbs_to_look_for() -> None:
    assert {"builds.enqueue", "repositories.register", "accounts.remember"} <= verbs_of(APP)


def test_every_route_is_a_coroutine_and_names_its_methods() -> None:
    import ast

    for name, source in sources().items():
        for function in Module.parse(name, source).functions.values():
            for decorator in function.decorator_list:
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "app.route":
                    assert is_route(function), f"{name}.{function.name}"
                    names = [keyword.arg for keyword in decorator.keywords]
                    assert "methods" in names, f"{name}.{function.name}"
