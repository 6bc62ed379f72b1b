"""Every way in which a coroutine can end."""

from __future__ import annotations

import time
from typing import Any

from myapp.errors import Conflict, RepositoryNotFound, TooManyRequests
from myapp.framework.answers import STREAMED, answer, cookie, no_content, redirect, text
from myapp.framework.operation import page
from myapp.framework.tasks import settle
from myapp.framework.templates import render
from myapp.framework.waiter import Sleep


def fail(kind: str) -> None:
    raise {"conflict": Conflict, "unexpected": ZeroDivisionError}[kind]("told by the verb")


def _early(was: Any, kind: str) -> Any:
    if kind == "answer":
        return answer(was, {"ended": kind})
    if kind == "empty":
        return text(was, b"")
    if kind == "none":
        return None
    if kind == "no-content":
        return no_content(was)
    if kind == "redirect":
        return redirect(was, "/elsewhere")
    if kind == "api":
        return was.API(ended=kind)
    if kind == "typed":
        raise RepositoryNotFound
    if kind == "headers":
        raise TooManyRequests(7)
    if kind == "unexpected":
        raise ZeroDivisionError("secret in the message")
    return text(was, kind)


def __mount__(app: Any, mntopt: Any) -> None:  # noqa: N807
    @app.route("/plain/<kind>", methods=["GET"], coroutine=True)
    @page()
    def plain(was, call):
        return _early(was, call.path_parameters["kind"])

    @app.route("/before-yield/<kind>", methods=["GET"], coroutine=True)
    @page()
    def before_yield(was, call):
        kind = call.path_parameters["kind"]
        if kind:
            return _early(was, kind)
        yield Sleep(was, 0)

    @app.route("/after-sleep/<kind>", methods=["GET"], coroutine=True)
    @page()
    def after_sleep(was, call):
        yield Sleep(was, 0)
        return _early(was, call.path_parameters["kind"])

    @app.route("/after-thread/<kind>", methods=["GET"], coroutine=True)
    @page()
    def after_thread(was, call):
        (yield was.Thread(time.time)).fetch()
        return _early(was, call.path_parameters["kind"])

    @app.route("/after-mask/<kind>", methods=["GET"], coroutine=True)
    @page()
    def after_mask(was, call):
        yield was.Mask(1)
        return _early(was, call.path_parameters["kind"])

    @app.route("/after-no-tasks/<kind>", methods=["GET"], coroutine=True)
    @page()
    def after_no_tasks(was, call):
        yield was.Tasks([])
        return _early(was, call.path_parameters["kind"])

    @app.route("/text-only/<kind>", methods=["GET"], coroutine=True)
    @page()
    def text_only(was, call):
        yield "one "
        yield "two"
        return STREAMED

    @app.route("/map/<kind>", methods=["GET"], coroutine=True)
    @page()
    def mapped(was, call):
        bad = call.path_parameters["kind"] == "failing"
        second = was.Thread(fail, args=("unexpected",)) if bad else was.Subprocess("echo two")
        return was.Map("202 Accepted", one=was.Thread(int, args=("1",)), two=second)

    @app.route("/tasks/<kind>", methods=["GET"], coroutine=True)
    @page()
    def tasks(was, call):
        ended = yield was.Tasks(
            one=was.Thread(int, args=("1",)),
            two=was.Subprocess("echo two"),
            three=Sleep(was, 0.01),
            four=4,
        )
        return answer(was, dict(ended.fetch()))

    @app.route("/settle", methods=["GET"], coroutine=True)
    @page()
    def settled(was, call):
        found = yield from settle(
            was, good=was.Thread(int, args=("1",)), bad=was.Thread(fail, args=("conflict",))
        )
        good, bad = found["good"], found["bad"]
        return answer(was, {"good": good.value, "bad": type(bad.error).__name__})

    @app.route("/verb/<kind>", methods=["GET"], coroutine=True)
    @page()
    def verb(was, call):
        (yield was.Thread(fail, args=(call.path_parameters["kind"],))).fetch()

    @app.route("/thread", methods=["GET"], coroutine=True)
    @page()
    def where(was, call):
        import threading

        names = [threading.current_thread() is threading.main_thread()]
        for task in (was.Thread(time.time), was.Subprocess("true"), Sleep(was, 0)):
            yield task
            names.append(threading.current_thread() is threading.main_thread())
        return answer(was, names)

    @app.route("/large/<size>", methods=["GET"], coroutine=True)
    @page()
    def large(was, call):
        yield was.Thread(time.time)
        return text(was, b"x" * int(call.path_parameters["size"]))

    @app.route("/cookies", methods=["GET"], coroutine=True)
    @page()
    def cookies(was, call):
        yield was.Thread(time.time)
        set_two = [cookie("a", "1", max_age=60, secure=True), cookie("b", "2")]
        return answer(was, call.cookies, headers=set_two)

    @app.route("/header", methods=["GET"], coroutine=True)
    @page()
    def header(was, call):
        return answer(was, {}, headers={"X-Given": call.query_value("value")})

    @app.route("/page", methods=["GET"], coroutine=True)
    @page()
    def hostile(was, call):
        return render(was, "page.j2", description=call.query_value("description"))

    @app.route("/slow", methods=["GET"], coroutine=True)
    @page()
    def slow(was, call):
        yield Sleep(was, float(call.query_value("seconds", "1")))
        return answer(was, {"slow": True})

    @app.route("/no-text", methods=["GET"], coroutine=True)
    @page()
    def no_text(was, call):
        ended = yield was.Subprocess("printf '\\377'")
        return answer(was, {"error": type(ended._expt).__name__})

    @app.route("/clones", methods=["GET"], coroutine=True)
    @page()
    def clones(was, call):
        from skitai import was as pool

        kept = list(pool._WASPool__p.values())
        return answer(was, {"held": sum(bool(getattr(one, "env", None)) for one in kept)})

    @app.route("/blocking", methods=["GET"], coroutine=True)
    @page()
    def blocking(was, call):
        yield Sleep(was, 0)
        time.sleep(0.3)
        return answer(was, {})
