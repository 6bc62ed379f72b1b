"""GraphQL as GitHub answers it, executed by GitHub's own published schema."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    build_ast_schema,
    execute_sync,
    parse,
    validate,
)

from tests.support.github_model import Directory, FakeCommit, FakeRepository, Token
from tests.support.npm import material

SOURCE = "@octokit/graphql-schema/schema.graphql"


@lru_cache(1)
def schema() -> GraphQLSchema:
    """GitHub's schema; half a second, so once a process."""
    text = material(SOURCE).read_text()
    document = parse(text, no_location=True)
    return build_ast_schema(document, assume_valid=True, assume_valid_sdl=True)


@lru_cache(200)
def problems(query: str) -> tuple[GraphQLError, ...]:
    """What GitHub would say against the query, nothing if it is right."""
    try:
        return tuple(validate(schema(), _document(query)))
    except GraphQLError as error:
        return (error,)


@lru_cache(200)
def _document(query: str) -> DocumentNode:
    return parse(query)


def answer(
    directory: Directory, token: Token, body: dict[str, Any], address: str
) -> dict[str, Any]:
    """The answer's body; GitHub says 200 whatever is in it."""
    query = str(body.get("query"))
    wrong = problems(query)
    if wrong:
        return {"errors": [_wrong(error) for error in wrong]}
    result = execute_sync(
        schema(),
        _document(query),
        root_value=_Root(directory, token, address).fields(),
        variable_values=body.get("variables"),
        operation_name=body.get("operationName"),
    )
    found: dict[str, Any] = {"data": result.data}
    if result.errors:
        found["errors"] = [_failed(error) for error in result.errors]
    return found


def _wrong(error: GraphQLError) -> dict[str, Any]:
    return {**error.formatted, "extensions": {"code": "undefinedField"}}


def _failed(error: GraphQLError) -> dict[str, Any]:
    extensions = dict(error.extensions or {})
    kind = extensions.pop("type", None)
    found: dict[str, Any] = {**error.formatted, "extensions": extensions}
    if error.original_error and not isinstance(error.original_error, GraphQLError):
        raise error.original_error  # a mistake of the fake's own
    if kind:
        found["type"] = kind
    if not extensions:
        del found["extensions"]
    return found


class _Root:
    """The fields of `query { ... }` for one token."""

    def __init__(self, directory: Directory, token: Token, address: str) -> None:
        self.directory, self.token, self.address = directory, token, address

    def fields(self) -> dict[str, Any]:
        return {
            "viewer": lambda _info: self._account(self.token.account.login),
            "repository": self._find_repository,
            "node": self._find_node,
            "repositoryOwner": lambda _info, login: self._account(login),
            "rateLimit": {
                "limit": 5000,
                "cost": 1,
                "remaining": 4999,
                "used": 1,
                "resetAt": "2030-01-01T00:00:00Z",
            },
        }

    def _find_repository(
        self, _info: object, owner: str, name: str, **_options: object
    ) -> dict[str, Any]:
        found = self.directory.repository(f"{owner}/{name}")
        text = f"Could not resolve to a Repository with the name '{owner}/{name}'."
        return self._visible(found, text)

    def _find_node(self, _info: object, id: str) -> dict[str, Any]:
        text = f"Could not resolve to a node with the global id of '{id}'"
        return self._visible(self.directory.by_node_id(id), text)

    def _visible(self, found: FakeRepository | None, refusal: str) -> dict[str, Any]:
        if found is None or self.directory.permission(self.token, found) is None:
            raise GraphQLError(refusal, extensions={"type": "NOT_FOUND"})
        if found.owner.lower() in self.token.sso_missing:
            raise GraphQLError(
                "Resource protected by organization SAML enforcement. You must grant your"
                " Personal Access token access to this organization.",
                extensions={"type": "FORBIDDEN", "saml_failure": True},
            )
        return self._repository(found)

    def _repository(self, found: FakeRepository) -> dict[str, Any]:
        permission = self.directory.permission(self.token, found)
        head = found.head
        return {
            "__typename": "Repository",
            "id": found.node_id,
            "databaseId": found.id,
            "name": found.name,
            "nameWithOwner": found.full_name,
            "owner": lambda _info: self._account(found.owner),
            "url": f"{self.address}/{found.full_name}",
            "description": found.description,
            "isPrivate": found.private,
            "isArchived": found.archived,
            "isDisabled": False,
            "isLocked": False,
            "isFork": False,
            "isEmpty": not found.branches,
            "viewerPermission": permission,
            "viewerCanAdminister": permission == "ADMIN",
            "defaultBranchRef": head
            and self._ref(found, "refs/heads/", found.default_branch, head),
            "ref": lambda _info, qualifiedName: self._find_ref(found, qualifiedName),  # noqa: N803
            "object": lambda _info, expression=None, oid=None: self._commit(
                found.find(str(oid or expression))
            ),
        }

    def _find_ref(self, found: FakeRepository, name: str) -> dict[str, Any] | None:
        for prefix, known in (("refs/heads/", found.branches), ("refs/tags/", found.tags)):
            short = name.removeprefix(prefix)
            if short in known and (name.startswith(prefix) or not name.startswith("refs/")):
                return self._ref(found, prefix, short, known[short])
        return None

    def _ref(self, found: FakeRepository, prefix: str, name: str, sha: str) -> dict[str, Any]:
        target = self._commit(found.commits.get(sha))
        return {"__typename": "Ref", "id": name, "name": name, "prefix": prefix, "target": target}

    def _commit(self, commit: FakeCommit | None) -> dict[str, Any] | None:
        if commit is None:
            return None
        user = self._account(commit.author)
        return {
            "__typename": "Commit",
            "id": commit.sha,
            "oid": commit.sha,
            "message": commit.message,
            "author": {"name": commit.author, "user": user},
        }

    def _account(self, login: str) -> dict[str, Any] | None:
        account = self.directory.account(login)
        if account is None:
            return None
        viewer = self.token.account.login.lower()
        return {
            "__typename": "Organization" if account.organisation else "User",
            "id": account.node_id,
            "databaseId": account.id,
            "login": account.login,
            "name": account.name or None,
            "url": f"{self.address}/{account.login}",
            "isViewer": account.login.lower() == viewer,
            "viewerCanAdminister": viewer in account.admins,
        }
