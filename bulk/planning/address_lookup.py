"""Asking the account for the contact of an address, and telling whom it takes for somebody else. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from bulk.model import Json, Receipt, Request, Verdict
from bulk.planning import answers
from bulk.planning.flow import Asking
from bulk.planning.state import ATTRIBUTES, has_bounced
from bulk.resources.identity import difference, loose_key, same_address

OTHER_ADDRESS: Final = "other_address"  # the code of an address that the account takes for somebody else's


def look_up_contact(step: str, email: str, *, sent: bool = False) -> Asking[Receipt]:
    """Ask for the contact of an address; the receipt's data is its id and own values, None if there is none.

    An answer with other people in it is none: the address was passed over, and who is asked for may be there. Where the
    account takes the address for another one, which is somebody else's, the receipt is no acceptance but says so.
    `sent`: something was sent to the address before.
    """

    def keep(body: Json) -> Json:
        result = [c for c in body["contacts"] if same_address(str(c.get("email") or ""), email)]
        if not result:
            others = [str(c.get("email") or "") for c in body["contacts"]]
            others = [other for other in others if loose_key(other) == loose_key(email)]
            return {"alike": others[:1]} if others else None
        return {name: result[0].get(name) for name in ("id", *ATTRIBUTES)} | {"bounced": has_bounced(result[0])}

    says = {"email": answers.alike(email)}
    receipts = yield (Request(step, "GET", "contacts", (("email", email),), keep=keep, expects="contacts", says=says),)
    receipt = receipts[0]
    if receipt.ok and receipt.data and "alike" in receipt.data:
        error = _taken_for(email, receipt, sent=sent)
        return replace(receipt, verdict=Verdict.REJECT, data=None, code=OTHER_ADDRESS, error=error)
    return receipt


def _taken_for(email: str, receipt: Receipt, *, sent: bool) -> str:
    other = receipt.data["alike"][0]
    unseen = difference(email, other)
    said = f"The account takes {email!r} for {other!r}, which is another address" + (f" ({unseen})" if unseen else "")
    done = "What was sent may have changed that person: look at them." if sent else "Nothing was done to that person."
    return f"{said}. {done} If they are meant, write their address, or use ⟦key=id⟧."
