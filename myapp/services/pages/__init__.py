"""The pages: the same verbs as the API's, shown by templates; every form works without JavaScript.

Credentials, the session's CSRF token and the permission are checked in `identity` and `access`
before any of these handlers begins.
"""

from __future__ import annotations

from typing import Any

from myapp.services.pages import (
    build,
    dashboard,
    environment,
    login,
    repository,
    settings,
    status,
)

TABLE = (
    ("/", dashboard),  # the dashboard, registering
    ("/", login),  # in and out
    ("/repositories", repository),  # one repository: builds, pull, webhook, deliveries
    ("/repositories", settings),  # its settings, deleting it
    ("/", environment),  # variables of repositories and owners
    ("/builds", build),  # a build and its log
    ("/", status),  # how the service is; docs
)


def __setup__(app: Any, mntopt: dict[str, Any]) -> None:
    for path, service in TABLE:
        app.mount(path, service)
