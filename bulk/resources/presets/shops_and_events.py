"""Programs whose files are of customers or guests rather than of subscribers: Stripe, Eventbrite."""

from __future__ import annotations

from typing import Final

from bulk.resources.presets.consent import Says, Signal
from bulk.resources.presets.preset import OWN, Form, Preset

STRIPE: Final = Preset(
    name="stripe",
    title="Stripe customers",
    needs=(("Email", "Customer Email"), ("id",), ("Created (UTC)",), ("Delinquent", "Card ID", "Total Spend")),
    takes={"email": ("Email", "Customer Email")},
    fields={"Total Spend": (), "Plan": (), "Created (UTC)": ()},
    leaves={
        "id": "Stripe's own id", "Description": OWN, "Name": "a full name, which is not split unasked",
        "Delinquent": OWN, "Status": "how a subscription is paid, not a consent", "Payment Count": OWN,
        "Refunded Volume": OWN, "Dispute Losses": OWN, "Card*": OWN, "Default Source*": OWN, "Currency": OWN,
        "Account Balance": OWN, "Business Vat ID": OWN, "Shipping*": OWN,
    },
    forms={"Created (UTC)": Form(dates=("%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"), utc=True)},
    seen="headers named by programs in public repositories",
    note="Nothing in it says who may be mailed.",
)  # fmt: skip

EVENTBRITE: Final = Preset(
    name="eventbrite",
    title="Eventbrite guests",
    needs=(("Email",), ("Order #", "Order ID"), ("Attendee Status", "Attendee #", "Barcode #")),
    takes={
        "email": ("Email",),
        "firstName": ("First Name",),
        "lastName": ("Last Name",),
        "phone": ("Cell Phone", "Mobile Phone", "Work Phone", "Home Phone"),
        "account": ("Company",),
    },
    fields={"Job Title": ("Position",), "Event Name": (), "Ticket Type": ()},
    leaves={
        "Order #": OWN, "Order ID": OWN, "Order Date": OWN, "Order Type": OWN, "Order Status": "of the order",
        "Attendee Status": "whether they come, not a consent", "Status": "whether they come, not a consent",
        "Attendee #": OWN, "Barcode #": OWN, "Quantity": OWN, "Price Tier": OWN, "Group": OWN, "Currency": OWN,
        "Total Paid": OWN, "Fees Paid": OWN, "Eventbrite*": OWN, "Home Address*": OWN, "Home City": OWN,
        "Home State": OWN, "Home Zip": OWN, "Home Country": OWN, "Promo Code": OWN, "Affiliate": OWN,
        "Event Date": OWN, "Checked In": OWN, "Prefix": "a form of address",
    },
    signals=(
        Signal("Tieni informato dall'organizzatore", Says.OPT_IN), Signal("Email opt-in", Says.OPT_IN),
        Signal("Keep me updated*", Says.OPT_IN), Signal("Marketing opt-in*", Says.OPT_IN),
    ),
    seen="exports described in public repositories",
    note="One address may stand there for several guests: the first counts, the others are refused"
    " (⟦on_duplicate⟧).",
)  # fmt: skip
