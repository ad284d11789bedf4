"""What a reply means for its request (a table), and how long to wait before the next attempt. Pure.

An answer counts by what it says (`confirm`), a refusal only if it is ActiveCampaign's own or the gateway's: a page of
whoever stands between is no answer of theirs.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from bulk.engine.confirm import ANOTHER, UNKNOWN_SHAPE, confirmed, is_page, says_absent, tells_value
from bulk.model import ANOTHER_RECORD, Json, Lost, Reply, Request, Verdict

ATTEMPTS: Final = 6  # 1 + 2 + 4 + 8 + 16 s of back-off: a deploy or a lost wireless network passes within that
FIRST_BACK_OFF: Final = 1.0
LONGEST_BACK_OFF: Final = 60.0
GATEWAYS: Final = frozenset((502, 503, 504, *range(520, 528)))  # what gateways answer with; the last are Cloudflare's
LONGEST_TITLE: Final = 60  # characters quoted of a page
REASONS: Final = 3  # quoted of a batch that is refused, which may have one for each contact
_SUCCESS: Final = frozenset(("succeeded", "success", "Success"))  # the last as documented of batches
_TITLE: Final = re.compile(r"<title[^>]*>([^<]*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table: which replies it speaks of, and its verdict where the request may be repeated or not."""

    about: str
    applies: Callable[[Reply], bool]
    repeatable: Verdict
    once: Verdict


def _speaks(body: Json) -> bool:
    """Whether the body is one of ActiveCampaign's own error bodies (errors, message, failureReasons, success)."""
    names = ("errors", "message", "failureReasons", "success", "Success")
    return isinstance(body, dict) and any(name in body for name in names)


def _says(reply: Reply, *beginnings: str) -> bool:
    message = reply.body.get("message", "") if isinstance(reply.body, dict) else ""
    return isinstance(message, str) and message.lower().startswith(beginnings)


def over_quota(reply: Reply) -> bool:
    """Whether a request was refused, before anybody looked at it, by a quota of its own: documented of batches."""
    return reply.status == 400 and _says(reply, "rate limit exceeded")


def _is_bare_400(reply: Reply) -> bool:
    return reply.status == 400 and reply.damage == "empty"


def _refuses_record(reply: Reply) -> bool:
    """Tell a 403 about one record (documented for several deletes and creates) from a 403 about the key."""
    return _says(reply, "no result found", "could not ")


def _is_foreign(reply: Reply) -> bool:
    """Whether a 4xx is neither the API's nor the gateway's: a page, a text, an answer cut off, or nothing at all.

    A 403 or 404 without a body is what firewalls and proxies give, and what exporters have seen come and go. A 401
    without one is left to be what it says: nobody but who asks for a key answers with it, and waiting brings no key.
    """
    nothing = reply.damage == "empty" and reply.status not in (403, 404)
    return 400 <= reply.status < 500 and bool(reply.damage) and not nothing


def _admits_failure(reply: Reply) -> bool:
    """Whether a good status stands over a body that names errors, or that says it did not succeed."""
    body = reply.body
    if not 200 <= reply.status < 300 or not isinstance(body, dict):
        return False
    if any(str(body[name]).lower() in ("0", "false") for name in _SUCCESS.intersection(body)):
        return True
    return bool(body.get("errors") or body.get("failureReasons"))


# The first line that applies decides. The tests walk the same table.
RULES: Final[tuple[Rule, ...]] = (
    Rule("429: over the limit", lambda r: r.status == 429, Verdict.PAUSE, Verdict.PAUSE),
    Rule("400: over a quota of its own", over_quota, Verdict.PAUSE, Verdict.PAUSE),
    Rule("503: overloaded", lambda r: r.status == 503, Verdict.PAUSE, Verdict.IN_DOUBT),
    Rule("200 that names errors", _admits_failure, Verdict.RETRY, Verdict.IN_DOUBT),
    Rule("200 with a sound body", lambda r: 200 <= r.status < 300 and not r.damage, Verdict.ACCEPT, Verdict.ACCEPT),
    Rule("200, empty, cut off or HTML", lambda r: 200 <= r.status < 300, Verdict.RETRY, Verdict.IN_DOUBT),
    Rule("4xx that is a page, cut off, or nothing", _is_foreign, Verdict.RETRY, Verdict.IN_DOUBT),
    Rule("401: key refused", lambda r: r.status == 401, Verdict.ABORT, Verdict.ABORT),
    Rule("403 about one record", lambda r: r.status == 403 and _refuses_record(r), Verdict.REJECT, Verdict.REJECT),
    Rule("403: access refused", lambda r: r.status == 403, Verdict.ABORT, Verdict.ABORT),
    Rule("400 of the API", lambda r: r.status == 400 and _speaks(r.body), Verdict.REJECT, Verdict.REJECT),
    Rule("400 of the gateway", lambda r: r.status == 400, Verdict.ABORT, Verdict.ABORT),
    Rule("408, 425: not taken in time", lambda r: r.status in (408, 425), Verdict.RETRY, Verdict.IN_DOUBT),
    Rule("404, 422 and other 4xx", lambda r: 400 <= r.status < 500, Verdict.REJECT, Verdict.REJECT),
    Rule("5xx", lambda r: r.status >= 500, Verdict.RETRY, Verdict.IN_DOUBT),
    Rule("a redirect or anything else", lambda _r: True, Verdict.ABORT, Verdict.ABORT),
)


def judge(request: Request, reply: Reply | Lost) -> Verdict:
    """Say what `reply` means for `request`, by `RULES`."""
    if isinstance(reply, Lost):
        return Verdict.RETRY if request.repeatable or not reply.sent else Verdict.IN_DOUBT
    return verdict_of(request, confirmed(request, reply))


def verdict_of(request: Request, reply: Reply) -> Verdict:
    """Say what a reply means that was compared already (`confirmed`)."""
    if request.absent_is_done and not reply.damage and says_absent(request, reply):
        return Verdict.ACCEPT
    if request.searches and reply.damage.startswith(ANOTHER):
        return Verdict.IN_DOUBT
    if request.optional and ((reply.status in (403, 404) and not reply.damage) or _is_bare_400(reply)):
        return Verdict.REJECT
    if tells_value(request, reply):
        return Verdict.ACCEPT
    for rule in RULES:
        if rule.applies(reply):
            break
    return rule.repeatable if request.repeatable else rule.once


def never_done(reply: Reply | Lost, verdict: Verdict) -> bool:
    """Whether a request was surely not carried out: it never left, or it was refused before anybody looked at it.

    Of refusals that ask for another try only those of limits are: a 503 may be a gateway's, after the request was
    handed on.
    """
    if isinstance(reply, Lost):
        return not reply.sent
    return reply.status == 429 or over_quota(reply) or verdict is Verdict.ABORT


def leaves_open(reply: Reply | Lost) -> bool:
    """Whether a reply that was not accepted does not say either that the request failed.

    Silence and damage say nothing; a gateway says only that it has got no answer.
    """
    if isinstance(reply, Lost):
        return reply.sent
    return bool(reply.damage) or reply.status < 300 or reply.status in GATEWAYS


def back_off(attempts: int, chance: float) -> float:
    """Seconds to wait after the `attempts`-th failed attempt; `chance` in [0, 1) spreads it by half to either side."""
    exact = min(LONGEST_BACK_OFF, FIRST_BACK_OFF * 2.0 ** (attempts - 1))
    return exact * (0.5 + chance)


def explain(reply: Reply | Lost) -> tuple[str, str]:
    """The stable code and the API's own words of a reply that was not accepted.

    Takes every shape that was recorded: `errors` as objects, strings or one string, `message` with `error`, an empty
    body, no JSON at all.
    """
    if isinstance(reply, Lost):
        return "no_answer", reply.reason
    code = f"http_{reply.status}"
    body = reply.body if isinstance(reply.body, dict) else {}
    words: list[str] = []
    errors = body.get("errors") or _first_reasons(body.get("failureReasons")) or []
    for error in errors if isinstance(errors, list) else [errors]:
        if isinstance(error, dict):
            words.append(_words(error))
            if isinstance(error.get("code"), str):
                code = error["code"]
        else:
            words.append(str(error))
    words += [str(body[name]) for name in ("message", "error") if isinstance(body.get(name), str)]
    words = [" ".join(word.split()) for word in words]  # they stand in a line of ours
    if is_page(reply):
        return "damaged_answer" if reply.status < 300 else code, _page(reply)
    said = "; ".join(word for word in words if word) or reply.damage
    if reply.damage.startswith(ANOTHER):
        code = ANOTHER_RECORD
    elif reply.status < 300:
        code = "damaged_answer"
    if reply.status < 300:  # not accepted although it means success: something is wrong with its body
        damage = f"The answer was {reply.damage or UNKNOWN_SHAPE}."
        return code, f"{damage} {'; '.join(words)}".strip()
    return code, f"{said} (HTTP {reply.status})" if said else f"HTTP {reply.status}"


def _page(reply: Reply) -> str:
    """What a page is, by its title or, of a text, its beginning; never the page itself."""
    title = _TITLE.search(reply.text)
    quote = title[1] if title else "" if "<" in reply.text else reply.text
    quote = "".join(char for char in quote if char.isprintable()).strip()[:LONGEST_TITLE]
    said = "A page of a proxy in front of ActiveCampaign, not the API's answer"
    return f"{said}: {quote!r} (HTTP {reply.status})" if quote else f"{said} (HTTP {reply.status})"


def _first_reasons(reasons: Json) -> Json:
    """Why a batch was refused, without going through all of its contacts."""
    if not isinstance(reasons, list) or len(reasons) <= REASONS:
        return reasons
    return [*reasons[:REASONS], f"and {len(reasons) - REASONS} more"]


def _words(error: dict[str, Json]) -> str:
    if error.get("failureReason"):
        contact = error.get("contact")
        return f"{error['failureReason']} [contact {contact}]" if contact else str(error["failureReason"])
    source = error.get("source")
    pointer = str(source.get("pointer") or "") if isinstance(source, dict) else ""
    said = " ".join(str(error[name]) for name in ("title", "detail") if error.get(name))
    where = pointer.removeprefix("/data/attributes/")
    return f"{said} [{where}]" if where and said else said or where
