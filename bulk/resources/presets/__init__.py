"""The files of other programs that are read without being told what their columns are. Each is a declaration.

`preset` has what a declaration is made of, `consent` what other programs say of who may be mailed, `consent_titles`
which titles may speak of it, `consent_cells` which cells may. The others are declarations: one file a program, and one
explicit tuple of them.
"""

# hub: the list of a family, one line a member

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bulk.resources.presets.activecampaign import ACTIVECAMPAIGN
from bulk.resources.presets.brevo import BREVO
from bulk.resources.presets.constant_contact import CONSTANT_CONTACT
from bulk.resources.presets.facebook import FACEBOOK
from bulk.resources.presets.ghost import GHOST
from bulk.resources.presets.google import GOOGLE, GOOGLE_OLD
from bulk.resources.presets.hubspot import HUBSPOT, HUBSPOT_API
from bulk.resources.presets.kit import KIT
from bulk.resources.presets.klaviyo import KLAVIYO
from bulk.resources.presets.mailchimp import MAILCHIMP, MAILCHIMP_MERGE_TAGS
from bulk.resources.presets.outlook import OUTLOOK
from bulk.resources.presets.pipedrive import PIPEDRIVE
from bulk.resources.presets.preset import Preset
from bulk.resources.presets.salesforce import DATA_LOADER, SALESFORCE_REPORT
from bulk.resources.presets.shopify import SHOPIFY
from bulk.resources.presets.shops_and_events import EVENTBRITE, STRIPE
from bulk.resources.presets.substack import SUBSTACK, SUBSTACK_OLD
from bulk.resources.presets.zoho import ZOHO
from bulk.resources.spec import normalise

PRESETS: Final = (
    MAILCHIMP, MAILCHIMP_MERGE_TAGS, HUBSPOT, HUBSPOT_API, SALESFORCE_REPORT, DATA_LOADER, GOOGLE, GOOGLE_OLD, OUTLOOK,
    BREVO, KIT, KLAVIYO, ACTIVECAMPAIGN, CONSTANT_CONTACT, PIPEDRIVE, ZOHO, SHOPIFY, STRIPE, EVENTBRITE, SUBSTACK,
    SUBSTACK_OLD, GHOST, FACEBOOK,
)  # fmt: skip
WITHOUT: Final = (  # no header of theirs was public, so nothing is claimed
    "MailerLite", "GetResponse", "AWeber", "Campaign Monitor", "Drip", "Keap", "WooCommerce", "beehiiv", "Moosend",
    "Omnisend", "LinkedIn lead forms", "Sendinblue's old form",
)  # fmt: skip
AUTO: Final = "auto"
NONE: Final = "none"


def preset_named(name: str) -> Preset | None:
    """The preset of a name; None if there is none. Case, blanks, `_` and `-` do not matter."""
    return next((preset for preset in PRESETS if normalise(preset.name) == normalise(name)), None)


def recognised(header: Sequence[str]) -> Preset | None:
    """The program that writes such a header; of several that might, the one that knows most of its titles."""
    titles = [title for title in header if title.strip() and not title.strip().startswith("_")]
    fitting = [preset for preset in PRESETS if preset.fits(titles)]
    return max(fitting, key=lambda preset: sum(map(preset.speaks_of, titles)), default=None)
