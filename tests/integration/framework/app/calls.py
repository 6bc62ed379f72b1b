"""What comes in, and what goes out to GitHub and to the shell."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from myapp.framework.answers import answer
from myapp.framework.github_call import GitHubCall, github
from myapp.framework.operation import WEBHOOK_LIMIT, operation
from myapp.framework.subprocess import run_command
from myapp.framework.tasks import settle


def outgoing(call: Any) -> Any:
    method = call.query_value("method", "GET")
    body = {"query": "{}"} if method != "GET" else None
    return SimpleNamespace(method=method, path=call.query_value("path"), headers={}, body=body)


def __mount__(app: Any, mntopt: Any) -> None:  # noqa: N807
    @app.route("/echo/<owner>/<name>", methods=["GET", "POST", "DELETE"], coroutine=True)
    @operation("echo")
    def echo(was, call):
        yield was.Thread(time.time)
        return answer(
            was,
            {
                "method": call.method,
                "path": call.path_parameters,
                "query": call.query,
                "body": call.body.decode("latin-1"),
                "address": call.remote_address,
                "scheme": call.scheme,
                "headers": dict(call.headers),
                "sees_environment": "SECRET" in was.env,
            },
        )

    @app.route("/echo/<owner>/env", methods=["GET"], coroutine=True)
    @operation("concrete")
    def concrete(was, call):
        return answer(was, {"concrete": call.path_parameters})

    @app.route("/large", methods=["POST"], coroutine=True)
    @operation("large", limit=WEBHOOK_LIMIT)
    def large(was, call):
        return answer(was, {"size": len(call.body)})

    @app.route("/secured", methods=["GET"], coroutine=True)
    @operation("secured", permission="READ")
    def secured(was, call):
        yield was.Thread(time.time)
        return answer(was, {"account": call.account})

    @app.route("/github", methods=["GET"], coroutine=True)
    @operation("github")
    def ask(was, call):
        seconds, limit = float(call.query_value("seconds", "5")), 1 << 20
        status, headers, body = yield from github(was, outgoing(call), seconds, limit)
        return answer(was, {"status": status, "headers": headers, "body": body.decode("latin-1")})

    @app.route("/github-after-thread", methods=["GET"], coroutine=True)
    @operation("githubAfterThread")
    def ask_after_thread(was, call):
        yield was.Thread(time.time)
        status, _, _ = yield from github(was, outgoing(call))
        return answer(was, {"status": status})

    @app.route("/github-in-tasks", methods=["GET"], coroutine=True)
    @operation("githubInTasks")
    def ask_in_tasks(was, call):
        found = yield from settle(
            was,
            github=GitHubCall(was, outgoing(call), timeout=1),
            store=was.Thread(int, args=("1",)),
        )
        error = found["github"].error
        return answer(was, {"store": found["store"].value, "error": type(error).__name__})

    @app.route("/command", methods=["GET"], coroutine=True)
    @operation("command")
    def command(was, call):
        script, log = call.query_value("script"), Path(call.query_value("log"))
        timeout = float(call.query_value("timeout", "20"))
        result = yield from run_command(
            was, ["sh", "-c", script], {"GREETING": "it's"}, output_file=log, timeout=timeout
        )
        tail = (yield was.Thread(result.tail)).fetch()
        return answer(was, {"code": result.exit_code, "timed_out": result.timed_out, "tail": tail})
