"""Public references: what every build's environment holds."""

from __future__ import annotations

from typing import Any

from myapp.framework.answers import Answer, answer, redirect
from myapp.framework.call import Call
from myapp.framework.operation import operation
from myapp.services.permissions import PUBLIC

DEFAULT_ENVIRONMENT = {"CI": "1", "HOBOTNICA": "1"}


def __mount__(app: Any, mntopt: dict[str, Any]) -> None:
    @app.route("/references", methods=["GET"], coroutine=True)
    @operation("getReferences", PUBLIC)
    def get_references(was: Any, call: Call) -> Answer:
        return answer(was, {"default_env": DEFAULT_ENVIRONMENT})

    @app.route("/references/deprecated", methods=["GET"], coroutine=True)
    @operation("getDeprecatedReferences", PUBLIC)
    def get_deprecated_references(was: Any, call: Call) -> Answer:
        return redirect(was, "/api/public/references", status=302)
