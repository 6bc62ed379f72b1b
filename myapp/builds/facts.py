"""What every build is told about itself, as environment variables."""

from __future__ import annotations

from myapp.builds.model import Build


def facts(build: Build, base_url: str) -> dict[str, str]:
    """CI, HOBOTNICA and the HOBOTNICA_* facts."""
    found = {
        "CI": "1",
        "HOBOTNICA": "1",
        "HOBOTNICA_JOB": build.job,
        "HOBOTNICA_BUILD_ID": str(build.id),
        "HOBOTNICA_BUILD_NUMBER": str(build.number),
        "HOBOTNICA_BUILD_ATTEMPT": str(build.attempt),
        "HOBOTNICA_REPOSITORY": f"{build.owner}/{build.name}",
        "HOBOTNICA_SHA": build.sha,
        "HOBOTNICA_BRANCH": build.branch,
        "HOBOTNICA_REF": build.ref,
        "HOBOTNICA_EVENT": build.event,
        "HOBOTNICA_URL": f"{base_url}/builds/{build.id}",
    }
    if build.environment:
        found["HOBOTNICA_ENVIRONMENT"] = build.environment
    return found
