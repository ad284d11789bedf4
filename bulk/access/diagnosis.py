"""What was found out about a key, an address, a connection or an account, and what to do about it. Pure.

Each function gives the `Finding` of one check, or some. Nothing here asks, reads the environment or a clock.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from bulk.access.connections import listed
from bulk.access.finding import FRONT_END, Finding, ok, problem, refused, unknown
from bulk.api.connections import ACTIVE, PENDING, Connection
from bulk.api.credentials import GATEWAY, Credentials, from_environment
from bulk.api.probe import Seen, Trouble, Unreached
from bulk.engine.confirm import is_page
from bulk.engine.retry import explain
from bulk.errors import UsageError
from bulk.model import Json, Reply
from bulk.planning.naming import host_of
from bulk.wording import counted, duration, in_words_of

CLOCK: Final = 120.0  # seconds that two clocks may differ
QUOTES: Final = "\"'`\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"
CREATE: Final = "  ⟦connect⟧"


# ---- before anything is asked


def environment(variables: Mapping[str, str], connection: str = "") -> list[Finding]:
    """What is to be said of the keys that are set; of the addresses nothing yet."""
    names = [name for name in ("MATON_API_KEY", "AC_API_URL", "AC_API_TOKEN") if variables.get(name, "").strip()]
    if not names:
        ways = ("Set MATON_API_KEY, or AC_API_URL and AC_API_TOKEN, to work on your account,",
                "or add ⟦sandbox⟧ to try it on the local stand-in, which needs none.")  # fmt: skip
        return [problem("environment", "There is no key.", *ways, blocks=True)]
    through_gateway = names[0] == "MATON_API_KEY"
    result = _written(names[0] if through_gateway else "AC_API_TOKEN", variables)
    if through_gateway and names[1:]:
        result.append(
            problem(
                "environment", f"{', '.join(names[:-1])} and {names[-1]} are set; the gateway is used.",
                "Keep one way. For the gateway:", f"  unset {' '.join(names[1:])}",
                "Directly to ActiveCampaign:", "  unset MATON_API_KEY",
            )
        )  # fmt: skip
    sound = {"BULK_BASE_URL": GATEWAY, **({"AC_API_URL": GATEWAY} if "AC_API_URL" in names else {})}
    try:
        from_environment({**variables, **sound}, connection=connection)
    except UsageError as error:
        return [*result, refused("environment", error)]
    way = "MATON_API_KEY is set: through the gateway." if through_gateway else "AC_API_TOKEN is set: directly."
    return result or [ok("environment", way)]


def _written(name: str, variables: Mapping[str, str]) -> list[Finding]:
    """What is odd in how a key is written; never the key."""
    value = variables.get(name, "")
    key = value.strip()
    if key[:1] in QUOTES or key[-1:] in QUOTES:
        said, step = f"{name} has quotation marks in it, which are no part of a key.", "Set it again without them."
    elif key.lower().startswith("bearer "):
        said, step = f"{name} begins with 'Bearer', which bulk adds by itself.", "Set it again without that."
    elif key != value:
        said, step = f"{name} has blanks around it. bulk leaves them out.", "Other programs may not: set it again."
    else:
        return []
    return [problem("environment", said, step)] if key else []


def origin(credentials: Credentials, variables: Mapping[str, str], base_url: str) -> tuple[str, str]:
    """The address that is gone to, and what gave it: an option, a variable, or "" for bulk itself."""
    if credentials.direct:
        return credentials.root.removesuffix("/api/3/"), "AC_API_URL"
    where = credentials.office.root.removesuffix("/")
    if base_url:
        return where, in_words_of(FRONT_END, "⟦base_url⟧")
    return where, "BULK_BASE_URL" if variables.get("BULK_BASE_URL", "").strip() else ""


# ---- the address

_NETWORK: Final = "A firewall, a VPN or a proxy (HTTPS_PROXY) may be in between; else try again later."
_TROUBLES: Final[Mapping[Trouble, tuple[str, str]]] = {
    Trouble.NAME: ("The name {host} cannot be resolved: {said}.", "Is this machine online?"),
    Trouble.REFUSED: ("Nothing listens at {where}: the connection was refused.", _NETWORK),
    Trouble.TLS: (
        "There is no secure connection to {where}: {said}.",
        "Is this machine's clock right? A company's proxy needs its own certificate: SSL_CERT_FILE.",
    ),
    Trouble.TIMEOUT: ("{where} does not answer in time.", _NETWORK),
    Trouble.PROXY: ("The proxy does not let it through to {where}: {said}.", "Check HTTPS_PROXY and NO_PROXY."),
    Trouble.DROPPED: ("{where} took the connection and cut it off: {said}.", "Try again a little later."),
    Trouble.OTHER: ("{where} cannot be reached: {said}.", _NETWORK),
}


def address(where: str, given_by: str, seen: Seen | Unreached) -> Finding:
    """Whether something answers at the address."""
    if isinstance(seen, Seen):
        return ok("address", f"{where} answers in {seen.seconds:.2f} s.")
    host = urlsplit(where).hostname or ""
    said, step = _TROUBLES[seen.trouble]
    if seen.trouble is Trouble.TIMEOUT and seen.connected:
        said = "{where} took the connection, but does not answer in time."
    if seen.trouble is Trouble.TLS and "certificate" not in seen.said:
        step = "Are scheme and port right?"
    if seen.trouble is Trouble.REFUSED and host in ("127.0.0.1", "::1", "localhost"):
        return problem("address", said.format(where=where), "Is the sandbox served there?", "  bulk sandbox serve")
    check = (f"Check {given_by}.",) if given_by else ()
    return problem("address", said.format(where=where, host=host, said=seen.said), *check, step)


# ---- the gateway's own part


def key(reply: Reply) -> Finding | None:
    """Whether the gateway takes the key; None if its answer does not tell."""
    if reply.status == 401:
        return meaning(reply, direct=False)
    return ok("key", "The gateway takes it.") if reply.status < 300 and not reply.damage else None


def key_by_account(seen: Seen | Unreached) -> Finding:
    """Whether the gateway takes the key, by what it says to a call for an account."""
    if isinstance(seen, Unreached):
        return unknown("key", "No answer tells whether it is taken.")
    return meaning(seen.reply, direct=False) if seen.reply.status == 401 else ok("key", "The gateway takes it.")


def unlisted(reply: Reply) -> Finding:
    """The gateway's list of connections cannot be read."""
    return unknown("connection", f"The gateway does not say which there are: {explain(reply)[1].rstrip('.')}.")


def connection(chosen: str, there: Sequence[Connection]) -> tuple[str, Finding]:
    """Which connection is used, "" for none, and what is to be said of it."""
    active = [one for one in there if one.status == ACTIVE]
    usable = [one for one in active if chosen in ("", one.id)]
    if len(usable) == 1:
        how = "chosen" if chosen else "the only active one"
        return usable[0].id, ok("connection", f"{usable[0].id}, {how}.")
    if usable:
        return "", problem("connection", f"{len(usable)} are active, and none is chosen.", *_CHOOSE)
    waiting = [one for one in there if one.status == PENDING and one.url and chosen in ("", one.id)]
    if waiting:
        said = f"{waiting[-1].id} is not active yet."
        return "", problem("connection", said, "Open its link in a browser and sign in:", f"  {waiting[-1].url}")
    if chosen and there:
        failed = chosen in [one.id for one in there]
        said = f"{chosen} {'has failed' if failed else 'is no connection of this key'}."
        return "", problem(
            "connection", said, "There are:", *listed(there).split("\n"), *_CHOOSE, "Or make one:", CREATE
        )
    said = "There is no active one to an ActiveCampaign account."
    return "", problem("connection", said, "Make one:", CREATE)


_CHOOSE: Final = ("Choose one: ⟦connection=ID⟧, or:", "  export MATON_CONNECTION=ID")


def accounts(finding: Finding, whose: Mapping[str, str]) -> Finding:
    """The finding that several connections are active, with whose account each opens."""
    lines = (f"  {identity}  {host}" for identity, host in whose.items())
    return Finding(finding.check, finding.state, finding.said, ("They open:", *lines, *finding.steps), finding.blocks)


# ---- the account

_AGAIN: Final = "Try again in a few minutes."
_PAGE: Final = (
    "A firewall, a proxy or a maintenance page answers in its place. It may pass: try again in a few minutes.",
    "If it stays, ask who runs the network here whether calls to that address are let through.",
)
_RENEW: Final = ("Make the connection anew:", "  bulk connections delete {connection}", CREATE)
_Meaning = tuple[range, str, str, tuple[str, ...]]
# what is wrong where an answer has such a status, by the check that fails; the first line that holds it decides
_BOTH: Final[tuple[_Meaning, ...]] = (
    (range(429, 430), "limits", "Over the limit: {said}.",
     ("Another program is at work on the account. Wait until it has finished, or go slower: ⟦rate⟧",)),
    (range(502, 505), "account", "ActiveCampaign is not there at the moment: {said}.", (_AGAIN,)),
)  # fmt: skip
_GATEWAY: Final[tuple[_Meaning, ...]] = (
    *_BOTH,
    (range(400, 401), "connection", "The gateway refuses it: {said}.",
     ("See those there are:", "  bulk connections list")),
    (range(401, 402), "key", "The gateway refuses it: {said}.",
     ("Copy the key anew from Maton's settings, then:", "  export MATON_API_KEY=...")),
    (range(403, 404), "grant", "ActiveCampaign refuses it: {said}.",
     ("The user who granted it may have lost the right to. Let one who has it sign in.", *_RENEW)),
    (range(500, 501), "grant", "ActiveCampaign does not answer through it: {said}.",
     ("It has probably expired.", *_RENEW)),
    (range(1000), "account", "No ActiveCampaign account answers there: {said}.",
     ("Check ⟦base_url⟧ and BULK_BASE_URL; without them bulk goes to Maton's gateway.",)),
)  # fmt: skip
_DIRECT: Final[tuple[_Meaning, ...]] = (
    *_BOTH,
    (range(401, 404), "key", "ActiveCampaign refuses it: {said}.",
     ("Copy URL and key anew from Settings > Developer of the account, then:",
      "  export AC_API_URL=... AC_API_TOKEN=...")),
    (range(500, 600), "account", "ActiveCampaign has an error of its own: {said}.", (_AGAIN,)),
    (range(1000), "account", "No ActiveCampaign account answers there: {said}.",
     ("Copy the URL anew from Settings > Developer of the account, then:", "  export AC_API_URL=...")),
)  # fmt: skip


def meaning(reply: Reply, *, direct: bool, connection: str = "") -> Finding:
    """What an answer that is not good means."""
    _code, said = explain(reply)
    if is_page(reply) and reply.status in (401, 403):  # neither refuses the key: only the API itself does
        return problem("account", f"{said}.", *_PAGE)
    table = _DIRECT if direct else _GATEWAY
    _statuses, check, text, steps = next(line for line in table if reply.status in line[0])
    filled = (step.format(connection=connection or "ID") for step in steps)
    return problem(check, text.format(said=said.rstrip(".")), *filled)


def lost(seen: Unreached) -> Finding:
    """An account's answer did not come, although the address answers."""
    return problem("account", f"Its answer did not come: {seen.said}.", _AGAIN)


def let_in(*, direct: bool) -> Finding:
    """An account answers."""
    return ok("key", "ActiveCampaign takes it.") if direct else ok("grant", "ActiveCampaign answers through it.")


def user_in(reply: Reply) -> Json:
    """The user in the answer of users/me; None if it is none."""
    user = reply.body.get("user") if reply.status < 300 and isinstance(reply.body, dict) else None
    return user if isinstance(user, dict) else None


def account(user: Json, where: str) -> Finding:
    """Who answers: the account's host, and whose key or grant it is."""
    names = " ".join(str(user.get(name) or "") for name in ("firstName", "lastName")).strip()
    who = str(user.get("email") or user.get("username") or "")
    told = f"{names} <{who}>" if names and who else names or who or "a user without a name"
    return ok("account", f"{host_of(user) or urlsplit(where).hostname}, as {told}.")


def whose(seen: Seen | Unreached) -> str:
    """In a word or two: the account that a connection opens, or what is wrong with it."""
    if isinstance(seen, Unreached):
        return f"no answer: {seen.said}"
    user = user_in(seen.reply)
    return (host_of(user) if user else "") or f"no account: {explain(seen.reply)[1]}"


# ---- what headers tell


def clock(seen: Seen) -> Finding:
    """Whether this machine's clock is right."""
    if seen.ahead is None:
        return unknown("clock", "The server does not say its time.")
    if abs(seen.ahead) <= CLOCK:
        return ok("clock", "As the server's.")
    side = "ahead of" if seen.ahead > 0 else "behind"
    return problem(
        "clock", f"This machine's is {duration(abs(seen.ahead))} {side} the server's.",
        "Set it right: by it certificates are checked, and the dates in answers understood.",
    )  # fmt: skip


def limits(seen: Seen) -> list[Finding]:
    """What the server says of its limit, if anything."""
    if not seen.allowed and not seen.left:
        return []
    said = [f"{counted(int(seen.allowed), 'request')} a second" if seen.allowed else ""]
    said += [f"{seen.left} left" if seen.left else ""]
    return [ok("limits", f"{', '.join(part for part in said if part)}.")]
