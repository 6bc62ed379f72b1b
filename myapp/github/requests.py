"""The requests Hobotnica sends to GitHub, built but not sent.

GraphQL reads what pages and access checks need in one request; webhooks and commit statuses exist
only in the REST API (docs.github.com/rest, version 2022-11-28).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from myapp import __version__
from myapp.github import hooks, names
from myapp.github.errors import BadCredentials

GRAPHQL_PATH = "/graphql"

_REPOSITORY = """
fragment repositoryFacts on Repository {
  id name owner { login } url description isPrivate isArchived isEmpty viewerPermission
  defaultBranchRef { name target { oid ... on Commit { message author { name user { login } } } } }
}
"""
_VIEWER = """
fragment viewerFacts on User { id login name url }
"""
_COMMIT = """
fragment commitFacts on GitObject {
  __typename oid
  ... on Commit { message author { name user { login } } }
  ... on Tag { target { __typename oid ... on Commit { message author { name user { login } } } } }
}
"""

# Operation name -> query; a test validates each against GitHub's published schema.
QUERIES = {
    "Viewer": "query Viewer { viewer { ...viewerFacts } }" + _VIEWER,
    "RepositoryAccess": """query RepositoryAccess($owner: String!, $name: String!) {
  viewer { ...viewerFacts }
  repository(owner: $owner, name: $name) { ...repositoryFacts }
}"""
    + _VIEWER
    + _REPOSITORY,
    "RepositoryById": """query RepositoryById($id: ID!) {
  viewer { ...viewerFacts }
  node(id: $id) { __typename ... on Repository { ...repositoryFacts } }
}"""
    + _VIEWER
    + _REPOSITORY,
    "FindCommit": """query FindCommit(
  $owner: String!, $name: String!, $branch: String!, $tag: String!, $expression: String!
) {
  repository(owner: $owner, name: $name) {
    id
    branch: ref(qualifiedName: $branch) { name prefix target { ...commitFacts } }
    tag: ref(qualifiedName: $tag) { name prefix target { ...commitFacts } }
    object(expression: $expression) { ...commitFacts }
  }
}"""
    + _COMMIT,
    "Owner": """query Owner($login: String!) {
  viewer { ...viewerFacts }
  repositoryOwner(login: $login) {
    __typename id login
    ... on User { isViewer }
    ... on Organization { viewerCanAdminister }
  }
}"""
    + _VIEWER,
}


@dataclass(frozen=True)
class Request:
    """One request; `path` begins under GitHub's API address, `/graphql` has an address of its own.

    The headers carry the token and stay out of the repr.
    """

    method: str
    path: str
    headers: dict[str, str] = field(repr=False)
    body: dict[str, Any] | None = field(default=None, repr=False)

    def url(self, api_url: str, graphql_url: str) -> str:
        """The whole address; both arguments as in Settings, without a slash at the end."""
        return graphql_url if self.path == GRAPHQL_PATH else api_url + self.path

    def data(self) -> bytes | None:
        """The body as it is sent: JSON in ASCII, None without a body."""
        return None if self.body is None else json.dumps(self.body).encode("ascii")


def viewer(token: str) -> Request:
    """Whose token this is; read with `answers.read_viewer`."""
    return _graphql(token, "Viewer")


def repository_access(token: str, owner: str, name: str) -> Request:
    """The viewer and the repository as they see it; read with `answers.read_repository_access`.

    GitHub follows renames here: the facts may carry another owner and name than were asked for.
    """
    return _graphql(token, "RepositoryAccess", owner=owner, name=name)


def repository_by_node_id(token: str, node_id: str) -> Request:
    """The repository wherever it was renamed or transferred to; read as `repository_access`."""
    return _graphql(token, "RepositoryById", id=node_id)


def commit(token: str, owner: str, name: str, ref: str) -> Request:
    """The commit of a branch, a tag or a SHA, in this order; read with `answers.read_commit`."""
    names.check_ref(ref)
    return _graphql(
        token,
        "FindCommit",
        owner=owner,
        name=name,
        branch=ref if ref.startswith("refs/") else f"refs/heads/{ref}",
        tag=ref if ref.startswith("refs/") else f"refs/tags/{ref}",
        expression=ref,
    )


def owner(token: str, login: str) -> Request:
    """A user or an organisation, and whether the viewer administers it; `answers.read_owner`."""
    return _graphql(token, "Owner", login=login)


def create_status(
    token: str,
    owner: str,
    name: str,
    sha: str,
    state: str,
    description: str,
    context: str,
    target_url: str | None,
) -> Request:
    """A commit status, as `statuses.for_build` words it; read with `answers.read_status`."""
    body = {"state": state, "description": description, "context": context}
    if target_url:
        body["target_url"] = target_url
    return _rest(token, "POST", f"{_repository(owner, name)}/statuses/{_quote(sha)}", body)


def list_hooks(token: str, owner: str, name: str) -> Request:
    """The repository's webhooks (GitHub allows 20 an event); read with `answers.read_hooks`."""
    return _rest(token, "GET", f"{_repository(owner, name)}/hooks?per_page=100")


def create_hook(token: str, owner: str, name: str, url: str, secret: str) -> Request:
    """Install our webhook; read with `answers.read_hook`."""
    body = {"name": "web", **hooks.wanted(url, secret)}
    return _rest(token, "POST", f"{_repository(owner, name)}/hooks", body)


def update_hook(token: str, owner: str, name: str, hook_id: int, url: str, secret: str) -> Request:
    """Put a webhook that drifted back to what is wanted; read with `answers.read_hook`."""
    path = f"{_repository(owner, name)}/hooks/{int(hook_id)}"
    return _rest(token, "PATCH", path, hooks.wanted(url, secret))


def delete_hook(token: str, owner: str, name: str, hook_id: int) -> Request:
    """Remove our webhook; read with `answers.read_deleted`."""
    return _rest(token, "DELETE", f"{_repository(owner, name)}/hooks/{int(hook_id)}")


def _graphql(token: str, operation: str, **variables: str) -> Request:
    body = {"operationName": operation, "query": QUERIES[operation], "variables": variables}
    return _rest(token, "POST", GRAPHQL_PATH, body)


def _rest(token: str, method: str, path: str, body: dict[str, Any] | None = None) -> Request:
    # Refused here because a header with a line break in it would be two headers.
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise BadCredentials()
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/json",
        "User-Agent": f"Hobotnica/{__version__}",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    if body is not None:
        headers["Content-Type"] = "application/json"
    return Request(method, path, headers, body)


def _repository(owner: str, name: str) -> str:
    return f"/repos/{_quote(owner)}/{_quote(name)}"


def _quote(part: str) -> str:
    return quote(part, safe="")
