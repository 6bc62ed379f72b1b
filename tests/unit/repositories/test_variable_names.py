from __future__ import annotations

import pytest

from myapp.repositories.variable_names import REFUSED, REFUSED_PREFIXES, refusal


@pytest.mark.parametrize("name", ["A", "_", "DATABASE_URL", "api_key2", "CIRCLE", "PATHS", "LDAP"])
def test_ordinary_names_are_taken(name: str) -> None:
    assert refusal(name) is None


@pytest.mark.parametrize(
    "name", ["", "1A", "A-B", "A B", "A=B", "Ä", "A\n", "A\0", "BASH_FUNC_x%%", "a" * 256]
)
def test_what_is_no_name_is_refused(name: str) -> None:
    assert "letters, digits and underscores" in str(refusal(name))


@pytest.mark.parametrize(
    "name",
    [
        *REFUSED,
        "LD_PRELOAD",
        "LD_LIBRARY_PATH",
        "DYLD_INSERT_LIBRARIES",
        "GIT_SSH_COMMAND",
        "GIT_CONFIG_COUNT",
        "PYTHONPATH",
        "PYTHONSTARTUP",
        "PERL5OPT",
        "RUBYOPT",
        "HOBOTNICA",
        "HOBOTNICA_SHA",
    ],
)
def test_names_that_steer_programs_or_are_ours_are_refused_with_the_reason(name: str) -> None:
    assert str(refusal(name)).startswith(f"{name} cannot be set: it ")


def test_every_reason_reads_on_after_the_colon() -> None:
    reasons = {*REFUSED.values(), *REFUSED_PREFIXES.values()}
    assert all(reason.startswith("it ") and not reason.endswith(".") for reason in reasons)
