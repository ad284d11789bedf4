"""Which key goes where, and which address never gets one."""

from __future__ import annotations

import pytest

from bulk.api.credentials import SANDBOX, from_environment
from bulk.errors import UsageError

MATON = {"MATON_API_KEY": " secret "}
DIRECT = {"AC_API_URL": "https://acme.api-us1.com", "AC_API_TOKEN": "token"}


def root_of(environment: dict[str, str], **options: str) -> str:
    result = from_environment(environment, **options)
    assert result
    return result.root


def test_without_a_key_there_are_none():
    assert from_environment({}) is None
    assert from_environment({"MATON_API_KEY": "  ", "BULK_BASE_URL": "https://x.example"}) is None


def test_the_gateway_is_the_first_choice_and_options_go_before_the_environment():
    assert root_of(MATON | DIRECT) == "https://api.maton.ai/active-campaign/api/3/"
    environment = MATON | {"BULK_BASE_URL": "https://b.example/", "MATON_CONNECTION": "c-1"}
    assert root_of(environment) == "https://b.example/active-campaign/api/3/"
    assert root_of(environment, base_url="https://o.example") == "https://o.example/active-campaign/api/3/"
    result = from_environment(environment, connection="c-2")
    assert result
    assert result.headers()["Maton-Connection"] == "c-2"
    assert result.key == "secret"


@pytest.mark.parametrize(
    "url", ["https://acme.api-us1.com", "https://acme.api-us1.com/", "https://acme.api-us1.com/api/3"]
)
def test_direct_access(url):
    result = from_environment(DIRECT | {"AC_API_URL": url})
    assert result
    assert result.root == "https://acme.api-us1.com/api/3/"
    assert result.headers() == {"Api-Token": "token", "Accept": "application/json"}


@pytest.mark.parametrize("name", DIRECT)
def test_half_of_a_direct_access_is_refused(name):
    with pytest.raises(UsageError, match="needs both"):
        from_environment({name: DIRECT[name]})


@pytest.mark.parametrize(
    "url",
    [
        "http://api.maton.ai", "http://127.0.0.1.evil.example", "http://localhost.evil.example", "http://10.0.0.1",
        "ftp://api.maton.ai", "api.maton.ai", "https://", "", "https://x:port", "https://x:99999", "https://[::1",
        "https://user:pw@x.example", "https://x.example?a=b", "https://x.example#f",
    ],
)  # fmt: skip
def test_an_address_that_is_none_or_in_clear_is_refused_without_the_key_in_the_message(url):
    for environment in (MATON | {"BULK_BASE_URL": url}, DIRECT | {"AC_API_URL": url, "AC_API_TOKEN": "secret"}):
        if not url:
            continue
        with pytest.raises(UsageError) as refused:
            from_environment(environment)
        assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8000", "http://localhost:8000", "http://[::1]:8000", "http://127.9.9.9"]
)
def test_this_machine_may_be_spoken_to_in_clear(url):
    result = from_environment(MATON, base_url=url)
    assert result
    assert result.on_this_machine
    assert SANDBOX.on_this_machine


@pytest.mark.parametrize("bad", ["two words", "line\nbreak", "clé", "tab\tbed"])
def test_what_cannot_stand_in_a_header_is_refused_and_not_shown(bad):
    environments = ({"MATON_API_KEY": bad}, DIRECT | {"AC_API_TOKEN": bad}, MATON | {"MATON_CONNECTION": bad})
    for environment in environments:
        with pytest.raises(UsageError) as refused:
            from_environment(environment)
        assert bad not in str(refused.value)
