"""What a bulk.toml may say, and what is refused in it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk.errors import UsageError
from bulk.library.accounts import account_at, account_named
from bulk.library.config import Config, NamedAccount, config_of, nearest_file, parsed
from bulk.storage.job_record import JobRecord

FILE = Path("bulk.toml")
ID = "5c54a3b1-0000-4000-8000-000000000009"
GOOD = f"""
[accounts.acme]
connection = "{ID}"
rate = 2

[accounts.own]
url = "https://own.example.com"
token_env = "OWN_TOKEN"

[defaults]
on-duplicate = "last"
key = "id"

[fleet]
together = 3
"""


def refused(text: str, **given: list[str]) -> UsageError:
    with pytest.raises(UsageError) as raised:
        parsed(text, FILE, **given)
    return raised.value


def test_accounts_defaults_and_fleet_are_read():
    config = parsed(GOOD, FILE)
    assert config.account("acme") == NamedAccount("acme", connection=ID, rate=2)
    own = config.account("own")
    assert (own.url, own.token_env) == ("https://own.example.com", "OWN_TOKEN")
    assert config.defaults == {"on-duplicate": "last", "key": "id"}
    assert config.fleet == {"together": 3}
    assert [config.name_of(ID), config.name_of("another")] == ["acme", ""]


@pytest.mark.parametrize(
    ("text", "where", "nearest"),
    [
        ("[acounts.x]\nconnection = 'a'", "line 1, acounts", "accounts"),
        ("\n[accounts.x]\nconection = 'a'", "line 3, accounts.x.conection", "connection"),
        ("defaults = 3", "line 1, defaults", ""),
        ("[accounts]\nx = 3", "line 2, accounts.x", ""),
        ("[accounts.x]\nrate = 3", "line 1, accounts.x", "either"),
        ("[accounts.x]\nconnection = 'a'\nurl = 'https://a.example.com'\ntoken_env='A'", "accounts.x", "either"),
        ("[accounts.x]\nurl = 'https://a.example.com'", "accounts.x", "token_env"),
        ("[accounts.x]\nconnection = 'a'\nrate = 0", "line 3, accounts.x.rate", "number"),
        ("[accounts.x]\nconnection = 'a'\nrate = true", "line 3, accounts.x.rate", "number"),
        ("[accounts.x]\nconnection = 'a b'", "line 2, accounts.x.connection", "connections list"),
        ("[accounts.x]\nurl = 'https://a.example.com'\ntoken_env = 'a-b'", "line 3, accounts.x.token_env", "variable"),
        ("[accounts.x]\nurl = 'http://a.example.com'\ntoken_env = 'A'", "line 2, accounts.x.url", "https"),
        ("[accounts.x]\nurl = 'https://u:p@a.example.com'\ntoken_env = 'A'", "line 2, accounts.x.url", "host"),
        ("[accounts.x]\nconnection =", "bulk.toml", "TOML"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place_and_the_nearest(text, where, nearest):
    said = str(refused(text))
    assert "bulk.toml" in said
    assert where in said
    assert nearest in said


HEX = st.text("0123456789abcdef", min_size=40, max_size=72)


@given(HEX, st.sampled_from(["accounts.x.connection", "accounts.x.token_env", "defaults.map", "fleet.a.b", "maton"]))
def test_what_looks_like_a_key_is_refused_wherever_it_stands_and_never_shown(key, at):
    section, _, name = at.rpartition(".")
    error = refused(f'[{section or "defaults"}]\n{name} = ["{key}"]' if section else f'{name} = "{key}"')
    assert error.code == "config_holds_key"
    assert key not in str(error)


@pytest.mark.parametrize("name", ["token", "api_key", "API-TOKEN", "MATON_API_KEY", "password"])
@pytest.mark.parametrize("section", ["accounts.x", "defaults", "fleet"])
def test_what_is_called_a_key_is_refused(section, name):
    assert refused(f'[{section}]\n"{name}" = "short"').code == "config_holds_key"


def test_the_key_of_this_environment_is_refused_by_any_name():
    error = refused('[fleet]\nnote = "it is maton-4711-key"', secrets=["maton-4711-key"])
    assert error.code == "config_holds_key"
    assert "4711" not in str(error)


def test_the_nearest_folder_above_counts(tmp_path):
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (tmp_path / "bulk.toml").write_text("", encoding="utf-8")
    assert nearest_file(below) == tmp_path / "bulk.toml"
    (below.parent / "bulk.toml").write_text("", encoding="utf-8")
    assert nearest_file(below) == below.parent / "bulk.toml"


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can give a file to somebody else")
def test_another_users_file_is_not_taken(tmp_path):
    path = tmp_path / "bulk.toml"
    path.write_text("", encoding="utf-8")
    os.chown(path, 12345, -1)
    with pytest.raises(UsageError, match="another user"):
        nearest_file(tmp_path)


def test_a_file_that_is_no_text_is_named(tmp_path):
    path = tmp_path / "bulk.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match=r"bulk\.toml"):
        config_of(path, {})


def test_an_unknown_account_has_the_nearest_or_says_how_to_write_one():
    with pytest.raises(UsageError, match="Nearest: acme"):
        parsed(GOOD, FILE).account("acmee")
    with pytest.raises(UsageError, match=r"\[accounts\.acme\]"):
        Config().account("acme")


def test_an_account_goes_where_it_says_with_the_key_of_its_variable():
    config = parsed(GOOD, FILE)
    own = account_named(config.account("own"), {"OWN_TOKEN": "abc", "MATON_API_KEY": "other"})
    assert own.credentials is not None
    assert (own.credentials.root, own.credentials.key, own.credentials.direct) == (
        "https://own.example.com/api/3/", "abc", True,
    )  # fmt: skip
    acme = account_named(config.account("acme"), {"MATON_API_KEY": "k", "MATON_CONNECTION": "else"})
    assert (acme.connection, acme.named) == (ID, "acme")
    with pytest.raises(UsageError, match="OWN_TOKEN"):
        account_named(config.account("own"), {"MATON_API_KEY": "other"})
    with pytest.raises(UsageError, match="MATON_API_KEY"):
        account_named(config.account("acme"), {"AC_API_URL": "https://a.example.com", "AC_API_TOKEN": "t"})


def test_a_job_goes_on_with_the_variable_that_it_began_with():
    own = account_named(parsed(GOOD, FILE).account("own"), {"OWN_TOKEN": "abc"})
    record = JobRecord("import", "contacts", {}, own.place, named=own.named, key_from=own.key_from)
    again = account_at(record, {"OWN_TOKEN": "abc", "MATON_API_KEY": "other"})
    assert again == own
    again.check_same(record.place, record.connection)
    with pytest.raises(UsageError, match="OWN_TOKEN"):
        account_at(record, {"MATON_API_KEY": "other"})
