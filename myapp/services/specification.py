"""The API's own description, and a page to read it and try it out."""

from __future__ import annotations

import functools
from importlib.resources import files
from typing import Any

from myapp.errors import NotFound
from myapp.framework.answers import Answer, html, text
from myapp.framework.call import Call
from myapp.framework.operation import operation, page
from myapp.services.permissions import PUBLIC

# Swagger UI comes from the locked package swagger-ui-py; nothing is loaded from another host.
UI_FILES = {
    "swagger-ui.css": "text/css; charset=utf-8",
    "swagger-ui-bundle.js": "text/javascript; charset=utf-8",
}
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Hobotnica API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="/static/favicon.svg">
<link rel="stylesheet" href="/api/docs/swagger-ui.css"></head>
<body><main id="swagger-ui" data-specification="/api/openapi.json">
<noscript>This page needs JavaScript. The same text: <a href="/api/openapi.yaml">openapi.yaml</a>
</noscript></main>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/static/api-docs.js"></script></body></html>
"""
# Swagger UI writes style attributes.
POLICY = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"


def __mount__(app: Any, mntopt: dict[str, Any]) -> None:
    contract = app.binding.contract

    @app.route("/openapi.yaml", methods=["GET"], coroutine=True)
    @operation("getSpecificationYaml", PUBLIC)
    def get_specification_yaml(was: Any, call: Call) -> Answer:
        return text(was, contract.as_yaml(), content_type="application/yaml")

    @app.route("/openapi.json", methods=["GET"], coroutine=True)
    @operation("getSpecificationJson", PUBLIC)
    def get_specification_json(was: Any, call: Call) -> Answer:
        return text(was, contract.as_json(), content_type="application/json")

    @app.route("/docs", methods=["GET"], coroutine=True)
    @operation("getDocumentation", PUBLIC)
    def get_documentation(was: Any, call: Call) -> Answer:
        return html(was, PAGE, headers={"Content-Security-Policy": POLICY})

    @app.route("/docs/<name>", methods=["GET"], coroutine=True)
    @page(PUBLIC)
    def get_documentation_file(was: Any, call: Call) -> Answer:
        name = call.path_parameters["name"]
        if name not in UI_FILES:
            raise NotFound()
        headers = {"Cache-Control": "public, max-age=86400"}
        return text(was, read_file(name), headers=headers, content_type=UI_FILES[name])


@functools.cache
def read_file(name: str) -> bytes:
    """One of the UI's files."""
    return files("swagger_ui").joinpath("static", name).read_bytes()
