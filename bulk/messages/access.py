"""What is said of keys, addresses, connections and the limit that jobs share (`access`, `api`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "UsageError": {
        "key_missing": (
            "There is no key. Either set MATON_API_KEY (or AC_API_URL and AC_API_TOKEN) to work on your account,\n"
            "or add ⟦sandbox⟧ to try it on the local stand-in, which needs none."
        ),
        "variable_missing": "{variable} is not set. Direct access needs both AC_API_URL and AC_API_TOKEN.",
        "key_characters": "{name} holds characters that none has. Copy it again.",
        "address_invalid": "{name} is no address. Write it with its scheme, like {example}.",
        "address_with_more": (
            "{name} has more in it than scheme, host and path. Write it like {example}, without a key."
        ),
        "address_with_key": "{name} has the key in it. Write it like {example}, without the key.",
        "address_in_clear": "{name} would send your key in clear. Use https:// (http:// is for this machine only).",
        "address_host_invalid": "The address has a host that is no name. Correct ⟦base_url⟧ or AC_API_URL.",
        "proxy_unusable": (
            "A proxy of the environment cannot be used: correct or unset HTTPS_PROXY, HTTP_PROXY and ALL_PROXY."
        ),
        "account_differs": (
            "The job works on {was}, and this would go to {now}.\n"
            "Use the same key, ⟦base_url⟧, ⟦connection⟧ or ⟦sandbox⟧ as it began with."
        ),
        "connection_ambiguous": (
            "This key has {count} active connections, and none was chosen:\n{connections}\n"
            "Choose one: ⟦connection=ID⟧, or export MATON_CONNECTION=ID\n"
            "To see whose account it opens: ⟦doctor_of=ID⟧"
        ),
        "connection_waits": (
            "The connection {connection} is not active yet.\nOpen its link in a browser, then run this again:\n  {url}"
        ),
        "connection_none": "This key has no active connection to an ActiveCampaign account. Make one:\n  ⟦connect⟧",
        "connection_not_in_sandbox": (
            "The sandbox has no active connection {connection}. There are:\n{connections}\n"
            "Choose one of them, or make one: ⟦connect_sandbox⟧"
        ),
        "connection_unknown": "There is no connection {connection}.\nSee those there are: ⟦connections⟧",
        "connection_prefix_ambiguous": (
            "Several connections begin with {connection}:\n{connections}\nWrite more of the one that you mean."
        ),
        "config_missing": (
            "There is no bulk.toml here or in a folder above, so no account is called {account}. Write one:\n"
            '  [accounts.{account}]\n  connection = "ID of bulk connections list"'
        ),
        "config_account_unknown": "{file} has no account {account}. {hint}",
        "config_of_other_user": (
            "{file} is another user's, who could lead your key elsewhere by it, so nothing was done.\n"
            "If you trust it, name it: ⟦config={file}⟧"
        ),
        "config_holds_key": (
            "{file}: {where} looks like a key, and bulk.toml holds none. Put the key into a variable of the"
            ' environment, and write only that variable\'s name: token_env = "ACME_TOKEN". Whoever had the file has'
            " the key: make a new one."
        ),
        "config_unknown": "{file}: {where} is not known. {hint}",
        "config_value": "{file}: {where} cannot be so: {expected}.",
        "account_contradicts": (
            "The account {account} of bulk.toml is {what}.\n{option} leads elsewhere: drop one of the two."
        ),
        "account_variable_missing": (
            "The key of the account {account} is read from {variable}, which is not set. Set it:\n"
            "  export {variable}=..."
        ),
        "account_key_missing": (
            "The account {account} is a connection of the gateway, and there is no key for that. Set MATON_API_KEY."
        ),
        "gateway_refuses_request": "The gateway refuses {what}: {reason}.\nCorrect that, then try again.",
        "state_folder_not_written": "{folder} cannot be written: {reason}. Set XDG_STATE_HOME elsewhere.",
        "shared_limit_not_written": "{file} cannot be written: {reason}. Set XDG_STATE_HOME elsewhere.",
        "redis_not_installed": "{variable} is set, but what talks to a Redis is not installed: {how}",
        "redis_address_invalid": "{variable} is no address. Write it like redis://host:6379/0.",
        "lease_seconds_invalid": (
            "{variable} is no time that a lease can have. Write it in seconds, from {least:g} to {most:g}, like 15."
        ),
        "redis_not_usable": "The Redis of {variable} cannot be used ({kind}). Start it, or unset {variable}.",
    },
    "AbortedError": {
        "connection_failed": (
            "The connection {connection} failed: access was not granted.\nDelete it and make a new one:\n"
            "  ⟦delete_connection={connection}⟧\n  ⟦connect⟧"
        ),
        "gateway_refuses_key": (
            "The gateway refuses the key: {reason}.\nCheck MATON_API_KEY. See what is wrong: ⟦doctor⟧"
        ),
        "gateway_forbids": "The gateway refuses {what}: {reason}.\nCheck MATON_API_KEY. See what is wrong: ⟦doctor⟧",
        "gateway_without_connections": (
            "Nothing is known of connections there: {reason}.\nCheck ⟦base_url⟧. See what is wrong: ⟦doctor⟧"
        ),
        "gateway_list_unknown": (
            "The gateway's list of connections is of an unknown shape. See what is wrong: ⟦doctor⟧"
        ),
        "gateway_answer_unknown": "The gateway's answer names no connection. See what is wrong: ⟦doctor⟧",
    },
    "UnfinishedError": {
        "resource_in_use": (
            "Another job makes {resource} in {host}, and of both, neither would see what the other makes."
            " Wait for it to end, then run this again."
        ),
        "resource_in_use_elsewhere": (
            "{resource} in {host} are being made by {owner}, and of both, neither would see what the other makes."
            " Wait for it to end, then run this again."
        ),
        "resource_taken": (
            "This job was not heard of for too long, and its hold on {resource} in {host} has gone to {owner}."
            " What that makes it does not know, so it sent nothing more."
        ),
        "fence_unreachable": (
            "Whether this job still has what it makes to itself cannot be known, so it sent nothing more: {reason}."
            " Start that Redis again."
        ),
        "connection_still_waits": (
            "The connection {connection} is not active after {seconds:duration}.\n"
            "Open its link in a browser, then see how it is:\n  ⟦show_connection={connection}⟧"
        ),
        "gateway_unreachable": "The gateway cannot be reached: {reason}.\nSee what is wrong: ⟦doctor⟧",
        "gateway_asked_too_often": "The gateway is asked too often: {reason}.\nWait a little, then try again.",
        "gateway_fails": "The gateway cannot give {what}: {reason}.\nTry again later. See what is wrong: ⟦doctor⟧",
        "shared_limit_unreachable": "The requests of all jobs on this account cannot be counted together: {reason}",
    },
}
PARTS: Final[Mapping[str, str]] = {
    "option_base_url": "⟦base_url⟧",
    "option_connection": "⟦connection⟧",
    "option_sandbox": "⟦sandbox⟧",
    "config_there_are": "There are: {names}.",
    "config_no_accounts": "It names none.",
    "account_is_address": "at {url}",
    "account_is_connection": "the connection {connection}",
}
