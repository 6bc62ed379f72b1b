"""openapi.yaml itself: valid, complete, and without contradictions."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema_rs import Draft4Validator
from openapi_spec_validator import OpenAPIV30SpecValidator

from myapp.contract import load
from myapp.contract.contract import DOCUMENT, METHODS
from myapp.contract.schema import resolve, translate

ROOT = Path(__file__).parents[3]
SPECIFICATION: dict[str, Any] = yaml.safe_load(DOCUMENT.read_bytes())
OPERATIONS = {
    operation["operationId"]: (path, method, item, operation)
    for path, item in SPECIFICATION["paths"].items()
    for method, operation in item.items()
    if method in METHODS
}
PERMISSIONS = {"public", "signed-in", "reader", "writer", "owner", "admin"}
every_operation = pytest.mark.parametrize("name", OPERATIONS)


def responses(name: str) -> dict[str, Any]:
    return {
        status: resolve(SPECIFICATION, node)
        for status, node in OPERATIONS[name][3]["responses"].items()
    }


def test_the_document_is_openapi_3_0():
    assert SPECIFICATION["openapi"].startswith("3.0.")
    assert list(OpenAPIV30SpecValidator(SPECIFICATION).iter_errors()) == []


def test_the_document_has_the_version_of_the_project():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert load().version == project["version"]


def test_every_operation_is_compiled_once():
    assert set(load().operations) == set(OPERATIONS)
    methods = sum(method in METHODS for item in SPECIFICATION["paths"].values() for method in item)
    assert len(OPERATIONS) == methods


def test_every_component_is_used():
    text = DOCUMENT.read_text()
    for kind, components in SPECIFICATION["components"].items():
        for name in components if kind != "securitySchemes" else ():
            assert f'"#/components/{kind}/{name}"' in text, f"{kind}/{name} is not used"


@every_operation
def test_an_operation_is_described(name):
    operation = OPERATIONS[name][3]
    assert operation["summary"] and not operation["summary"].endswith(".")
    assert operation["x-permission"] in PERMISSIONS
    tags = {tag["name"] for tag in SPECIFICATION["tags"]}
    assert operation["tags"] and set(operation["tags"]) <= tags


@every_operation
def test_an_operation_with_a_permission_takes_credentials_and_says_how_it_refuses(name):
    operation = OPERATIONS[name][3]
    compiled = load().operations[name]
    if operation["x-permission"] == "public":
        assert compiled.security == () or "" in compiled.security
        return
    assert set(compiled.security) == set(SPECIFICATION["components"]["securitySchemes"])
    assert {"403", "429", "503"} <= set(responses(name))
    assert ("401" in responses(name)) == (compiled.challenge == "basic")
    headers = [
        resolve(SPECIFICATION, node)["name"]
        for node in operation["parameters"]
        if resolve(SPECIFICATION, node)["in"] == "header"
    ]
    assert "X-GitHub-Username" in headers


@every_operation
def test_an_error_has_the_error_envelope(name):
    envelopes = {"#/components/schemas/Error", "#/components/schemas/ValidationErrors"}
    statuses = responses(name)
    assert {"400", "413", "422"} <= set(statuses)
    for status, response in statuses.items():
        assert status[0] in "2345", "no `default`, no ranges"
        if status[0] in "45" and (name, status) != ("getHealth", "503"):
            assert list(response["content"]) == ["application/json"]
            schema = response["content"]["application/json"]["schema"]
            assert schema["$ref"] in envelopes
        if status in ("429", "503"):
            assert "Retry-After" in response["headers"]


@every_operation
def test_an_operation_on_something_named_can_say_that_it_is_not_there(name):
    path = OPERATIONS[name][0]
    names = path.count("{") > 1 or "{id}" in path or "{webhook_uid}" in path
    # An owner is at GitHub or not; what is set for one is set.
    if names and name != "setOwnerVariable":
        assert "404" in responses(name)


@every_operation
def test_a_body_may_not_have_unknown_fields(name):
    operation = OPERATIONS[name][3]
    if "requestBody" not in operation or operation.get("x-raw-body"):
        return
    body = resolve(SPECIFICATION, operation["requestBody"])
    schema = resolve(SPECIFICATION, body["content"]["application/json"]["schema"])
    assert schema["type"] == "object" and schema["additionalProperties"] is False


@every_operation
def test_the_parameters_of_an_operation_have_names_of_their_own(name):
    _, _, item, operation = OPERATIONS[name]
    nodes = [*item.get("parameters", []), *operation.get("parameters", [])]
    names = [resolve(SPECIFICATION, node)["name"].lower() for node in nodes]
    assert len(names) == len(set(names))


@every_operation
def test_a_list_is_paged(name):
    response = responses(name).get("200", {})
    content = response.get("content", {}).get("application/json", {})
    if resolve(SPECIFICATION, content.get("schema", {})).get("type") != "array":
        return
    if name == "listFavorites":
        return  # one's favourites come at once, in the order that was asked for
    assert "Link" in response["headers"]
    operation = load().operations[name]
    assert operation.validate({"owner": "o", "name": "n"}, [], {}).query == {"limit": 30}


def test_every_object_that_is_answered_is_closed():
    for name, schema in SPECIFICATION["components"]["schemas"].items():
        if schema.get("type") == "object" and "properties" in schema:
            assert schema["additionalProperties"] is False, name
            if name not in ("RepositoryChanges", "Cancellation"):
                assert schema["required"], name


def _examples(node: Any) -> list[tuple[Any, Any]]:
    """Every example with its schema, anywhere in the document."""
    found: list[tuple[Any, Any]] = []
    if isinstance(node, list):
        return [pair for item in node for pair in _examples(item)]
    if not isinstance(node, dict):
        return found
    if "example" in node:
        found.append((node.get("schema", node), node["example"]))
    for example in node.get("examples", {}).values() if "schema" in node else ():
        found.append((node["schema"], example["value"]))
    for name, item in node.items():
        if name not in ("example", "examples"):
            found += _examples(item)
    return found


def test_every_example_keeps_its_schema():
    examples = _examples(SPECIFICATION)
    assert len(examples) > 40
    for schema, example in examples:
        translated = translate(SPECIFICATION, schema)
        validator = Draft4Validator(translated, validate_formats=True)
        assert list(validator.iter_errors(example)) == []


def test_the_webhook_takes_25_megabytes_and_everything_else_one():
    sizes = {name: operation.max_body for name, operation in load().operations.items()}
    assert sizes.pop("receiveWebhook") == 25 * 1024 * 1024
    assert set(sizes.values()) == {1024 * 1024}


def test_the_document_is_served_as_written_and_as_json():
    assert load().as_yaml() == DOCUMENT.read_bytes()
    assert yaml.safe_load(load().as_json()) == SPECIFICATION
