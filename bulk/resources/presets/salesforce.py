"""Salesforce: a report as it is exported, and the files of Data Loader."""

from __future__ import annotations

from typing import Final

from bulk.resources.presets.consent import Says, Signal
from bulk.resources.presets.preset import OWN, Form, Preset

SALESFORCE_REPORT: Final = Preset(
    name="salesforce-report",
    title="Salesforce report",
    needs=(("Email",), ("Account Name", "Company / Account"), ("Mailing City", "Mailing State/Province",
            "Mailing Zip/Postal Code", "Mailing Street", "Email Opt Out")),
    takes={
        "email": ("Email",),
        "firstName": ("First Name",),
        "lastName": ("Last Name",),
        "phone": ("Phone", "Mobile"),
        "account": ("Account Name", "Company / Account"),
    },
    fields={
        "Title": ("Job Title", "Position"), "Mailing City": ("City",), "Mailing State/Province": ("State",),
        "Mailing Zip/Postal Code": ("Postal Code", "ZIP Code"), "Mailing Country": ("Country",),
        "Mailing Street": ("Street",), "Lead Source": (),
    },
    leaves={
        "Salutation": "a form of address", "Account Owner": "a user of Salesforce", "Contact ID": OWN,
        "Account ID": OWN,
        "Contact Owner": "a user of Salesforce", "Last Activity": OWN, "Last Modified Date": OWN, "Department": OWN,
        "Do Not Call": "about calls, not mail", "Fax": OWN,
    },
    signals=(
        Signal("Email Opt Out", Says.OPT_OUT), Signal("Email Bounced Reason", Says.BOUNCED_WHEN),
        Signal("Email Bounced Date", Says.BOUNCED_WHEN),
    ),
    seen="reports in public repositories",
    note="Lines below the table, as a copyright, are rejected with their row numbers.",
)  # fmt: skip

DATA_LOADER: Final = Preset(
    name="salesforce-data-loader",
    title="Salesforce Data Loader",
    blankless=True,
    as_written=True,
    needs=(
        ("EMAIL",), ("LASTNAME",), ("FIRSTNAME",),
        ("MAILINGCITY", "MAILINGPOSTALCODE", "MAILINGSTATE", "MAILINGCOUNTRY", "Account.Name", "HASOPTEDOUTOFEMAIL"),
    ),
    takes={
        "email": ("EMAIL",),
        "firstName": ("FIRSTNAME",),
        "lastName": ("LASTNAME",),
        "phone": ("PHONE", "MOBILEPHONE"),
        "account": ("Account.Name", "COMPANY"),
    },
    fields={
        "TITLE": ("Job Title", "Position"), "LEADSOURCE": ("Lead Source",), "MAILINGCITY": ("City",),
        "MAILINGSTATE": ("State",), "MAILINGPOSTALCODE": ("Postal Code", "ZIP Code"), "MAILINGCOUNTRY": ("Country",),
        "MAILINGSTREET": ("Street",), "BIRTHDATE": ("Birthday", "Date of Birth"), "CREATEDDATE": (),
    },
    leaves={
        "ID": "Salesforce's own id", "ACCOUNTID": "Salesforce's own id of the account, not its name",
        "SALUTATION": "a form of address", "DEPARTMENT": OWN, "LASTMODIFIEDDATE": OWN, "OWNERID": "Salesforce's own id",
        "STATUS": "how a lead stands, or what became of an upload", "ERROR": "what became of an upload",
        "SUCCESS": "what became of an upload", "DONOTCALL": "about calls, not mail", "SYSTEMMODSTAMP": OWN,
    },
    forms={"CREATEDDATE": Form(dates=("%Y-%m-%dT%H:%M:%S.%fZ",))},
    signals=(
        Signal("HASOPTEDOUTOFEMAIL", Says.OPT_OUT), Signal("EMAILBOUNCEDREASON", Says.BOUNCED_WHEN),
        Signal("EMAILBOUNCEDDATE", Says.BOUNCED_WHEN), Signal("ISEMAILBOUNCED", Says.BOUNCE),
    ),
    seen="forcedotcom/dataloader; LunarWerxs/RoloDexter",
)  # fmt: skip
