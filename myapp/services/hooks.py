"""The webhook at GitHub: installed and repaired where the token may, else told how by hand."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from myapp import repositories
from myapp.context import Context
from myapp.errors import Conflict, RepositoryNotFound
from myapp.framework.answers import answer
from myapp.framework.call import Call
from myapp.framework.github_call import github
from myapp.framework.operation import operation
from myapp.github import answers, hooks, requests
from myapp.github.errors import Forbidden, GitHubError, NoAccess, Rejected
from myapp.repositories import Repository
from myapp.services.permissions import OWNER
from myapp.services.shapes import hook_json, webhook_url
from myapp.services.web import base_url, context_of

Steps = Generator[Any, Any, Any]

# GitHub was asked and said no: a person has to do it. Everything else may work later.
REFUSALS = (NoAccess, Forbidden, Rejected)


def ensure(was: Any, repository: Repository, token: str, *, renew: bool = False) -> Steps:
    """Install the webhook, or repair one that has drifted; the repository as it is then.

    `renew` sends the secret even if nothing else has changed. A refusal is written down as the
    reason to set it up by hand; GitHub's outage is raised.
    """
    context = context_of(was)
    stored = was.Thread(repositories.webhook_secret, args=(context, repository.id))
    secret = (yield stored).fetch()
    url = webhook_url(repository, base_url=base_url(was))
    try:
        hook_id = yield from _install(was, repository, token, url, secret, renew)
        state, reason = "installed", None
    except REFUSALS as error:
        hook_id, state, reason = None, "manual", error.reason
    outcome = (context, repository.id, hook_id, state, reason)
    return (yield was.Thread(set_and_find, args=outcome)).fetch()


def set_and_find(
    context: Context, repository_id: int, hook_id: int | None, state: str, reason: str | None
) -> Repository:
    """Write down how the webhook stands; the repository as it is then (blocking)."""
    repositories.set_hook(context, repository_id, hook_id, state, reason)
    found = repositories.by_id(context, repository_id)
    if found is None:
        raise RepositoryNotFound()
    return found


def _install(
    was: Any, repository: Repository, token: str, url: str, secret: str, renew: bool
) -> Steps:
    owner, name = repository.owner, repository.name
    listed = yield from github(was, requests.list_hooks(token, owner, name))
    hook = hooks.find(answers.read_hooks(*listed), url)
    if hook is None:
        answered = yield from github(was, requests.create_hook(token, owner, name, url, secret))
        return answers.read_hook(*answered).id
    if renew or repository.hook_id != hook.id or hooks.drift(hook, url):
        change = requests.update_hook(token, owner, name, hook.id, url, secret)
        answers.read_hook(*(yield from github(was, change)))
    return hook.id


def remove(was: Any, repository: Repository, token: str | None) -> Steps:
    """Take the webhook away at GitHub, if it was ours; whether it worked changes nothing here."""
    if token is None or repository.hook_id is None:
        return
    try:
        gone = requests.delete_hook(token, repository.owner, repository.name, repository.hook_id)
        answers.read_deleted(*(yield from github(was, gone)))
    except GitHubError:
        return  # it points to an address that answers 404 from now on; GitHub shows that


def __mount__(app: Any, mntopt: dict[str, Any]) -> None:
    @app.route("/repositories/<owner>/<name>/hook", methods=["POST"], coroutine=True)
    @operation("installHook", OWNER)
    def install_hook(was: Any, call: Call) -> Steps:
        repository = call.state["repository"]
        token = yield from token_for(was, call, repository)
        repository = yield from ensure(was, repository, token)
        return answer(was, hook_json(repository, base_url=base_url(was)))

    @app.route("/repositories/<owner>/<name>/webhook-secret", methods=["POST"], coroutine=True)
    @operation("rotateWebhookSecret", OWNER)
    def rotate_webhook_secret(was: Any, call: Call) -> Steps:
        secret, repository = yield from rotate(was, call)
        shape = hook_json(repository, base_url=base_url(was))
        return answer(was, {"secret": secret, "hook": shape}, headers={"Cache-Control": "no-store"})


def rotate(was: Any, call: Call) -> Steps:
    """A new webhook secret and the repository; a webhook that is ours gets it at once."""
    repository = call.state["repository"]
    given = (context_of(was), repository.id, call.account.login)
    secret = (yield was.Thread(repositories.rotate_webhook_secret, args=given)).fetch()
    if repository.hook_state == "installed":
        token = yield from token_for(was, call, repository)
        repository = yield from ensure(was, repository, token, renew=True)
    return secret, repository


def token_for(was: Any, call: Call, repository: Repository) -> Steps:
    """The caller's GitHub token if it sees the repository, else the one it was registered with."""
    token = call.state.get("token")
    if token is None or call.state.get("permission") is None:
        known = (context_of(was), repository.id)
        token = (yield was.Thread(repositories.repository_token, args=known)).fetch()
    if token is None:
        raise Conflict("Access was revoked: register the repository again")
    return token
