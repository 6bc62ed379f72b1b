"""GitHub's deliveries: signature, delivery and build in one transaction, answer; no more."""

from __future__ import annotations

import logging
from typing import Any

from myapp import deliveries, repositories
from myapp.errors import Conflict, PermissionDenied, ValidationFailed
from myapp.framework.answers import Answer, answer
from myapp.framework.call import Call
from myapp.framework.operation import WEBHOOK_LIMIT, operation
from myapp.github import webhooks
from myapp.github.events import (
    Event,
    Ignored,
    Ping,
    PullRequestEvent,
    PushEvent,
    RepositoryDeleted,
    RepositoryMoved,
)
from myapp.repositories import Repository
from myapp.services import mirrors, revoking
from myapp.services.limits import FORGED_DELIVERIES
from myapp.services.permissions import PUBLIC
from myapp.services.shapes import build_json
from myapp.services.web import context_of

log = logging.getLogger("hobotnica.webhooks")


class WrongSignature(PermissionDenied):
    """The delivery is not signed with the repository's secret."""

    default_detail = "The signature is missing or wrong"


def __mount__(app: Any, mntopt: dict[str, Any]) -> None:
    # All of it runs in the request's thread: nothing here waits for anything but the database.
    @app.route("/<webhook_uid>", methods=["POST"], coroutine=True)
    @operation("receiveWebhook", PUBLIC, limit=WEBHOOK_LIMIT)
    def receive_webhook(was: Any, call: Call) -> Answer:
        context = context_of(was)
        # 1. Whose it is: the address is unguessable.
        repository, secret = repositories.webhook(context, call.path_parameters["webhook_uid"])
        # 2. Whether it is GitHub's: before anything in it is looked at.
        check_signature(call, secret)
        # 3. What it says.
        delivery_id = webhooks.delivery_id(call.headers.get("x-github-delivery"))
        name = webhooks.event_name(call.headers.get("x-github-event"))
        if delivery_id is None or name is None:
            missing = "X-GitHub-Delivery" if delivery_id is None else "X-GitHub-Event"
            raise ValidationFailed.at("Parameter required", "parameters", missing)
        payload = webhooks.read_body(call.body, call.headers.get("content-type"))
        event = webhooks.read_event(name, payload)
        # 4. The delivery and its build, in one transaction.
        push = event if isinstance(event, PushEvent) else None
        outcome = deliveries.receive(
            context, repository, delivery_id, name, push, why_no_build(event)
        )
        # 5. What may take longer goes on after the answer.
        if not outcome.duplicate:
            follow(was, repository, event)
        if outcome.build is None or outcome.duplicate:
            return answer(was, {"detail": outcome.detail})
        url = context.settings.base_url
        location = {"Location": f"{url}/api/builds/{outcome.build.id}"}
        shape = build_json(outcome.build, base_url=url)
        return answer(was, shape, status=202, headers=location)


def check_signature(call: Call, secret: str) -> None:
    """Raises WrongSignature unless the raw body carries the HMAC of the repository's secret.

    Only forged ones are limited: GitHub's own may come from the same address, that of a proxy.
    """
    if not webhooks.verify(secret, call.body, call.headers.get("x-hub-signature-256")):
        FORGED_DELIVERIES.check(call.remote_address)
        FORGED_DELIVERIES.take(call.remote_address)
        raise WrongSignature()


def why_no_build(event: Event) -> str:
    """The sentence for deliveries that make no build."""
    match event:
        case Ignored():
            return event.why
        case Ping():
            return "The webhook works"
        case PullRequestEvent():
            return "Pull requests are tested by the pushes to their branches"
        case RepositoryMoved():
            return f"The repository was {event.action}"
        case RepositoryDeleted():
            return "The repository was deleted at GitHub"
    return ""


def follow(was: Any, repository: Repository, event: Event) -> None:
    """Follow renames, look at access when GitHub deleted it, clone again what could not be."""
    context = context_of(was)
    reference = getattr(event, "repository", None)
    if reference is None or reference.node_id != repository.node_id:
        reference = None
    if reference and (reference.owner, reference.name) != (repository.owner, repository.name):
        repositories.rename(context, repository.id, reference.owner, reference.name)
    if reference and isinstance(event, RepositoryDeleted):
        revoking.begin_check(was.app, repository)
    if isinstance(event, PushEvent) and repository.status == "failed":
        try:
            mirrors.begin(was.app, repositories.begin_pull(context, repository.id))
        except Conflict as error:
            log.info("%s is not fetched again: %s", repository.full_name, error.detail)
