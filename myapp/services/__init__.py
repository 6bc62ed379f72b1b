"""The route table's root: which service is mounted where. Permissions stand beside each route."""

from __future__ import annotations

from typing import Any

from myapp import contract, maintenance
from myapp.context import Context
from myapp.services import (
    badges,
    builds,
    dashboard,
    deliveries,
    environment,
    favorites,
    health,
    hooks,
    jobs,
    live,
    logs,
    owners,
    pages,
    references,
    repositories,
    specification,
    webhooks,
)
from myapp.services.access import admit
from myapp.services.cookies import Cookies
from myapp.services.filters import FILTERS
from myapp.services.identity import authenticate
from myapp.settings import Settings

# The order does not matter: a concrete path wins over one with parameters.
TABLE = (
    ("/api/public", references),  # what every build's environment holds
    ("/api/repositories", repositories),  # register, list, change, fetch, delete
    ("/api/repositories", favorites),
    ("/api/repositories", environment),  # variables of a repository
    ("/api/repositories", owners),  # variables of all of an owner's repositories
    ("/api/repositories", deliveries),
    ("/api", hooks),  # the webhook at GitHub
    ("/api", builds),  # list, make, cancel, retry
    ("/api/builds", logs),  # logs and their streams
    ("/api/webhooks", webhooks),  # GitHub's deliveries
    ("/api/dashboard", dashboard),
    ("/api/badges", badges),
    ("/api", health),  # health, status, metrics
    ("/api", specification),  # openapi.yaml, openapi.json, docs
)

# With every page: nothing from another host, nothing inline, no frame around it.
PAGE_HEADERS = (
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
)


def __setup__(app: Any, mntopt: dict[str, Any]) -> None:
    settings = Settings.read()
    context = app.context = Context.open(settings)
    app.cookies = Cookies(context.vault.signing_key("cookies"))
    app.bind(
        contract=contract.load(),
        authorise=authenticate,
        admit=admit,
        settings=settings,
        page_headers=PAGE_HEADERS,
        once_per_interval=lambda name, interval, now: maintenance.once_per_interval(
            context, name, interval, now
        ),
    )
    for name, function in FILTERS.items():
        app.template_filter(name)(function)
    live.start(app)
    for path, service in TABLE:
        app.mount(path, service)
    app.mount("/", pages)
    app.mount("/", jobs)
