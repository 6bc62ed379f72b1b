"""The contract of what needs no credentials, and of what describes the service."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
import yaml

from myapp import __version__
from myapp.builds import workers
from tests.integration.services.place import FAILED, Place, path_of
from tests.support import domain
from tests.support.contract_check import document


def test_references_are_what_every_build_has(place: Place) -> None:
    answer = place.client(None).get("/api/public/references")
    assert answer.json() == {"default_env": {"CI": "1", "HOBOTNICA": "1"}}


def test_deprecated_references_redirect(place: Place) -> None:
    answer = place.client(None).get("/api/public/references/deprecated")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/api/public/references")


def test_wrong_credentials_do_not_matter_where_none_are_needed(place: Place) -> None:
    headers = {"Authorization": "Bearer nonsense"}
    for path in ("/api/public/references", "/api/metrics", "/api/openapi.json", "/api/docs"):
        assert place.client(None, headers).get(path).status_code == 200


def test_health_503_without_a_worker_and_200_with_one(place: Place) -> None:
    client = place.client(None)
    workers.gone(place.context, "w1")
    down = client.get("/api/health")
    assert down.status_code == 503
    assert int(down.headers["Retry-After"]) >= 1
    assert down.json()["status"] == "down"
    assert down.json()["checks"]["worker"]["status"] == "down"
    assert "worker" in down.json()["detail"]
    domain.worker(place.context, "w1")
    well = client.get("/api/health")
    workers.gone(place.context, "w1")
    assert (well.status_code, well.json()["status"]) == (200, "ok")
    assert well.json()["version"] == __version__
    checks = {name: check["status"] for name, check in well.json()["checks"].items()}
    # The statuses of all tests' builds wait here for ever: nobody sends them without a worker.
    assert checks.pop("github") in ("ok", "degraded")
    assert checks == {"database": "ok", "worker": "ok", "disk": "ok"}


def test_status_tells_workers_queue_sandbox_disk_and_versions(place: Place) -> None:
    domain.worker(place.context, "status-worker", slots=3)
    shape = place.client("reader").get("/api/status").json()
    workers.gone(place.context, "status-worker")
    [worker] = [one for one in shape["workers"] if one["name"] == "status-worker"]
    assert (worker["slots"], worker["alive"]) == (3, True)
    assert shape["disk"]["total"] > shape["disk"]["free"] > 0
    assert {"python", "git", "make", "atila"} <= set(shape["versions"])


def test_metrics_are_prometheus_text(place: Place) -> None:
    place.queued(place.repository())
    answer = place.client(None).get("/api/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    found = dict(
        line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#")
    )
    assert float(found['hobotnica_builds{state="queued"}']) >= 1
    assert float(found['hobotnica_repositories{status="ready"}']) >= 1
    assert float(found["hobotnica_database_bytes"]) > 0
    assert "hobotnica_workers_alive" in found


def test_specification_is_served_as_yaml_and_json(place: Place) -> None:
    client = place.client(None)
    as_yaml = client.get("/api/openapi.yaml")
    assert as_yaml.headers["Content-Type"].startswith("application/yaml")
    assert yaml.safe_load(as_yaml.content) == document() == client.get("/api/openapi.json").json()


def test_documentation_loads_nothing_from_another_host(place: Place) -> None:
    client = place.client(None)
    page = client.get("/api/docs")
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert loaded
    assert all(address.startswith("/") and address[:2] != "//" for address in loaded)
    for address in loaded:
        assert place.plain(None).get(address).status_code == 200, address
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy


@pytest.mark.parametrize("name", ["index.html", "..%2f__init__.py", "swagger-ui.css.map", "x"])
def test_only_the_documentations_own_files_are_served(place: Place, name: str) -> None:
    assert place.plain(None).get(f"/api/docs/{name}").status_code == 404


# Badges


def words(svg: bytes) -> list[str | None]:
    name = "{http://www.w3.org/2000/svg}text"
    return [item.text for item in ElementTree.fromstring(svg).iter(name)]


def badge(full_name: str, query: str = "") -> str:
    return f"/api/badges/{full_name}.svg{query}"


def test_badge_of_a_public_repository_is_for_everybody(place: Place) -> None:
    repository = place.repository(private=False)
    client = place.client(None)
    path = badge(repository.full_name)
    answer = client.get(path)
    assert (answer.status_code, words(answer.content)) == (200, ["hobotnica", "no builds"])
    assert answer.headers["Content-Type"].startswith("image/svg+xml")
    assert answer.headers["Cache-Control"] == "no-cache"
    place.finished(repository)
    assert words(client.get(path).content)[1] == "passed"
    place.finished(repository, result=FAILED, branch="next", ref="refs/heads/next")
    assert words(client.get(path).content)[1] == "passed"
    assert words(client.get(badge(repository.full_name, "?branch=next")).content)[1] == "failed"


def test_badge_of_a_private_repository_is_404_like_an_absent_one(place: Place) -> None:
    repository = place.repository()
    place.finished(repository)
    for client in (place.client(None), place.client("stranger")):
        hidden = client.get(badge(repository.full_name))
        absent = client.get(badge("octocat/absent"))
        assert (hidden.status_code, absent.status_code) == (404, 404)
        assert hidden.content == absent.content == b'{"detail":"Repository not found"}'
    assert words(place.client("reader").get(badge(repository.full_name)).content)[1] == "passed"


def test_badge_of_a_name_with_dots(place: Place) -> None:
    repository = place.repository("octocat/a.b.svg-x", private=False)
    assert place.client(None).get(badge(repository.full_name)).status_code == 200


def test_badge_with_wrong_credentials_403(place: Place) -> None:
    repository = place.repository(private=False)
    client = place.client(None, {"Authorization": "Bearer hob_wrong"})
    assert client.get(badge(repository.full_name)).status_code == 403


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_are_405_with_those_that_do(place: Place, method: str) -> None:
    repository = place.repository()
    answer = place.client().request(method, f"{path_of(repository)}/builds")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


@pytest.mark.parametrize("path", ["/api", "/api/", "/api/nothing", "/api/builds", "/api/x/y/z/w/v"])
def test_what_is_no_operation_is_404_in_json(place: Place, path: str) -> None:
    answer = place.plain().get(path)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not found"})


def test_head_answers_like_get_without_the_body(place: Place) -> None:
    client = place.client()
    for path in ("/api/public/references", "/api/openapi.yaml", "/api/docs"):
        get, head = client.get(path), client.head(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["Content-Length"] == get.headers["Content-Length"]
