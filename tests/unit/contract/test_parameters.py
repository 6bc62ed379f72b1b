"""Path, query and header parameters: what is taken, what is refused and with which words."""

from __future__ import annotations

import pytest

from myapp.contract import Operation, load
from myapp.errors import MalformedRequest, ValidationFailed

PATH = {"owner": "octocat", "name": "hello-world"}


def operation(name: str) -> Operation:
    return load().operations[name]


def refused(query: list[tuple[str, str]], path: dict[str, str] = PATH, **headers: str) -> list:
    with pytest.raises(ValidationFailed) as failed:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        operation("listBuilds").validate(path, query, named)
    return [(item["loc"], item["message"]) for item in failed.value.detail]


def test_values_have_their_types_and_defaults():
    validated = operation("listBuilds").validate(PATH, [("before", "42")], {})
    assert validated.path == PATH
    assert validated.query == {"before": 42, "limit": 30}
    assert validated.headers == {}
    assert validated.body is None


def test_a_default_is_not_kept_between_requests():
    first = operation("listBuilds").validate(PATH, [], {})
    first.query["limit"] = 1
    assert operation("listBuilds").validate(PATH, [], {}).query == {"limit": 30}


def test_a_header_is_found_by_its_lower_case_name():
    headers = {"x-github-username": "octocat", "accept": "*/*"}
    validated = operation("listBuilds").validate(PATH, [], headers)
    assert validated.headers == {"X-GitHub-Username": "octocat"}
    with pytest.raises(ValidationFailed) as failed:
        operation("createBuild").validate(
            PATH, [], {"idempotency-key": "a b"}, b'{"ref":"main"}', "application/json"
        )
    assert failed.value.detail == [
        {
            "loc": ["parameters", "Idempotency-Key"],
            "message": "Must be 1 to 255 visible ASCII characters",
        }
    ]


@pytest.mark.parametrize("text", ["x", "", "1e3", "1.0", " 1", "+1", "0x1", "\u0661", "1\n", "1_0"])
def test_what_is_no_integer_is_refused(text):
    assert refused([("limit", text)]) == [(["parameters", "limit"], "Must be an integer")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0", "Must be at least 1"),
        ("-5", "Must be at least 1"),
        ("101", "Must be at most 100"),
        ("99999999999999999999", "Must be at most 100"),
        ("9" * 400, "Must be an integer"),
    ],
)
def test_an_integer_out_of_range_is_refused(text, message):
    assert refused([("limit", text)]) == [(["parameters", "limit"], message)]


def test_an_unknown_or_repeated_query_parameter_is_refused():
    assert refused([("page", "2"), ("limit", "1"), ("limit", "1"), ("x" * 9999, "")]) == [
        (["parameters", "limit"], "Parameter given twice"),
        (["parameters", "page"], "Unknown parameter"),
        (["parameters", "x" * 100], "Unknown parameter"),
    ]


def test_one_of_a_choice_is_named_with_the_choice():
    with pytest.raises(ValidationFailed) as failed:
        operation("listFavorites").validate({}, [("order", "size")], {})
    assert failed.value.detail == [
        {"loc": ["parameters", "order"], "message": "Must be one of date, status"}
    ]


@pytest.mark.parametrize(
    "owner", ["-a", "a/b", "..", "", "a\x00", "a" * 40, "ольга", "a\n", "a b", "_a", "a.b"]
)
def test_an_owner_that_github_cannot_have_is_refused(owner):
    problems = refused([], {**PATH, "owner": owner})
    assert [loc for loc, _ in problems] == [["parameters", "owner"]]
    assert problems[0][1].startswith("Must be a GitHub login")


@pytest.mark.parametrize(
    "name",
    ["-a", ".", "..", "a..b", "a/b", "a\x00", "a" * 101, "имя", "a\n", "a b", "a.git", "env"],
)
def test_a_repository_that_github_cannot_have_is_refused(name):
    problems = refused([], {**PATH, "name": name})
    assert [loc for loc, _ in problems] == [["parameters", "name"]]


@pytest.mark.parametrize("owner", ["a", "A-b", "a--b", "a-", "octo_corp", "0"])
@pytest.mark.parametrize("name", ["a", ".github", "_", "a.b", "environment", "git", "A-"])
def test_names_that_github_has_are_taken(owner, name):
    operation("getRepository").validate({"owner": owner, "name": name}, [], {})


def test_everything_that_is_wrong_is_told_sorted():
    problems = refused([("x", ""), ("limit", "a"), ("before", "0")], {"owner": "-", "name": "-"})
    assert [loc[1] for loc, _ in problems] == ["before", "limit", "name", "owner", "x"]


def test_at_most_twenty_problems_are_told():
    assert len(refused([(f"p{number:02}", "") for number in range(90)])) == 20


@pytest.mark.parametrize("query", [[("branch", "\ud800")], [("limit", "\udcff")]])
def test_bytes_that_were_no_text_are_a_bad_request(query):
    with pytest.raises(MalformedRequest):
        operation("listBuilds").validate(PATH, query, {})


def test_an_unknown_parameter_with_a_broken_name_is_told_so_that_it_can_be_sent():
    assert refused([("\ud800", "")]) == [(["parameters", "?"], "Unknown parameter")]
