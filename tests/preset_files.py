"""A small file of each program that has a preset: its header, one person as it writes them, and what is meant."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field

from bulk.resources.presets import preset_named
from bulk.resources.presets.consent import Says

ADA = {"email": "ada@example.com", "firstName": "Ada", "lastName": "Lovelace"}


@dataclass(frozen=True)
class ProgramFile:
    """`lines` are a header and a row; `means` the cells of ours that the row comes to, beside `firstName` and such."""

    name: str
    lines: str
    means: dict[str, str] = field(default_factory=lambda: dict(ADA))
    file: str = "people.csv"
    delimiter: str = ","
    agreed: bool = True

    @property
    def header(self) -> list[str]:
        return self._rows()[0]

    @property
    def row(self) -> list[str]:
        return self._rows()[1]

    def _rows(self) -> list[list[str]]:
        return list(csv.reader(io.StringIO(self.lines), delimiter=self.delimiter))

    def against(self) -> list[list[str]]:
        """The row as that of others who must not be subscribed: by each column of consent, in several languages."""
        preset = preset_named(self.name)
        at = next(n for n, title in enumerate(self.header) if title in preset.takes["email"])
        result = []
        for column, title in enumerate(self.header):
            for signal in preset.signals:
                if signal.fits(title):
                    for word in AGAINST.get(signal.says, ()):
                        row = list(self.row)
                        row[column], row[at] = word, f"p{len(result)}@example.com"
                        result.append(row)
        return result


AGAINST = {
    Says.STATUS: ("Unsubscribed", "unsubscribed ", "CANCELLED", "Bounced", "cleaned", "Complained", "Unconfirmed",
                  "pending",
                  "Désinscrit", "abgemeldet", "dado de baja", "disiscritto", "uitgeschreven", "gebounced", "42", "?"),
    Says.OPT_IN: ("no", "No", " NO ", "false", "FALSE", "0", "nein", "Non", "não", "nee", "", "unsubscribed",
                  "perhaps"),
    Says.OPT_OUT: ("yes", "Yes", " YES ", "true", "TRUE", "1", "1.0", "ja", "Oui", "Sí", "sì", "sim", "WAHR", "x",
                   "perhaps"),
    Says.BOUNCE: ("yes", "TRUE", "1", "ja", "vrai", "hard bounce"),
    Says.CONFIRMED: ("No", "no", "0", "false", "nein"),
    Says.LEFT_WHEN: ("2024-03-05 10:00:00", "spam", "1"),
    Says.BOUNCED_WHEN: ("2024-03-05", "mailbox full"),
}  # fmt: skip

FILES = (
    ProgramFile(
        "mailchimp",
        "Email Address,First Name,Last Name,Company,Position,MEMBER_RATING,OPTIN_TIME,LEID,NOTES,TAGS\n"
        'ada@example.com,Ada,Lovelace,Engines,Founder,2,2023-04-21 11:16:57,1,,"""VIP"",""Smith, John"""\n',
        ADA | {"account": "Engines", "tags": 'VIP,"Smith, John"'},
    ),
    ProgramFile(
        "mailchimp-merge-tags",
        "EMAIL,FNAME,LNAME,PHONE,COMPANY,BIRTHDAY\nada@example.com,Ada,Lovelace,+1 202-555-0143,Engines,03/05\n",
        ADA | {"phone": "+1 202-555-0143", "account": "Engines"},
    ),
    ProgramFile(
        "hubspot",
        "Record ID,First Name,Last Name,Email,Phone Number,Contact owner,Lead Status,Marketing contact status,"
        "Create Date,Associated Company,Unsubscribed from all email,Opted out of email: Marketing\n"
        "10010000000,Ada,Lovelace,ada@example.com,+1 202-555-0143,Sam,Open,Non-marketing contact,2024-01-27 20:22,"
        "Engines,false,\n",
        ADA | {"phone": "+1 202-555-0143", "account": "Engines"},
    ),
    ProgramFile(
        "hubspot-api",
        "firstname,lastname,email,phone,company,lifecyclestage,hs_email_optout\n"
        "Ada,Lovelace,ada@example.com,0143,Engines,lead,\n",
        ADA | {"phone": "0143", "account": "Engines"},
    ),
    ProgramFile(
        "salesforce-report",
        "Salutation,First Name,Last Name,Email,Phone,Account Name,Title,Mailing City,Email Opt Out\n"
        "Ms.,Ada,Lovelace,ada@example.com,0143,Engines,Founder,London,0\n",
        ADA | {"phone": "0143", "account": "Engines"},
    ),
    ProgramFile(
        "salesforce-data-loader",
        "ID,ACCOUNTID,LASTNAME,FIRSTNAME,MAILINGCITY,PHONE,MOBILEPHONE,EMAIL,HASOPTEDOUTOFEMAIL\n"
        "003x00000000000AAA,001x00000000000AAA,Lovelace,Ada,London,,0143,ada@example.com,false\n",
        ADA | {"phone": "0143"},
    ),
    ProgramFile(
        "google-contacts",
        "First Name,Last Name,File As,Organization Name,Labels,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Value\n"
        'Ada,Lovelace,,Engines,"VIP ::: e,f ::: * friends ::: * myContacts",* Work,ada@example.com,0143\n',
        ADA | {"phone": "0143", "account": "Engines", "tags": 'VIP,"e,f",friends'},
    ),
    ProgramFile(
        "google-contacts-old",
        "Name,Given Name,Family Name,Group Membership,E-mail 1 - Value,Phone 1 - Value,Organization 1 - Name\n"
        "Ada Lovelace,Ada,Lovelace,* myContacts ::: VIP,ada@example.com,0143,Engines\n",
        ADA | {"phone": "0143", "account": "Engines", "tags": "VIP"},
    ),
    ProgramFile(
        "outlook",
        "First Name,Middle Name,Last Name,Company,Home Phone,Mobile Phone,Birthday,Categories,E-mail Address,"
        "E-mail Type\n"
        "Ada,,Lovelace,Engines,0143,,0/0/00,VIP;Blue,ada@example.com,SMTP\n",
        ADA | {"phone": "0143", "account": "Engines", "tags": "VIP,Blue"},
    ),
    ProgramFile(
        "brevo",
        "EMAIL;LASTNAME;FIRSTNAME;SMS;EMAIL_BLACKLISTED;SMS_BLACKLISTED;DOUBLE_OPT-IN;ADDED_TIME\n"
        "ada@example.com;Lovelace;Ada;12025550143;No;Yes;1;27-01-2024 20:22\n",
        ADA | {"phone": "12025550143"}, delimiter=";",
    ),
    ProgramFile(
        "kit",
        'first_name,email_address,state,created_at,tags\nAda,ada@example.com,active,2024-01-27T20:22:50Z,"VIP, Blue"\n',
        {"email": "ada@example.com", "firstName": "Ada", "tags": "VIP,Blue"},
    ),
    ProgramFile(
        "klaviyo",
        "Email,Klaviyo ID,First Name,Last Name,Phone Number,Email Marketing Consent,Email Marketing Consent Timestamp,"
        "Email Suppressions\nada@example.com,01H,Ada,Lovelace,'+12025550143,SUBSCRIBED,2024-01-27,\n",
        ADA | {"phone": "+12025550143"},
    ),
    ProgramFile(
        "activecampaign",
        "Email,First Name,Last Name,Phone,Tags,Date Created,IP,Status\n"
        'ada@example.com,Ada,Lovelace,0143,"VIP, Blue",2024-01-27 20:22:50,192.0.2.10,Active\n',
        ADA | {"phone": "0143", "tags": "VIP,Blue"},
    ),
    ProgramFile(
        "constant-contact",
        "First name,Last name,Company,Email address - home,Email status - home,Email permission status - home,"
        "Email address - work,Phone - home\nAda,Lovelace,Engines,,Active,Implied,ada@example.com,0143\n",
        ADA | {"phone": "0143", "account": "Engines"},
    ),
    ProgramFile(
        "pipedrive",
        "Person - Name,Person - First name,Person - Last name,Person - Email - Work,Person - Email - Home,"
        "Person - Phone,Person - Marketing status,Person - Double opt-in\n"
        "Ada Lovelace,Ada,Lovelace,,ada@example.com,0143,Subscribed,\n",
        ADA | {"phone": "0143"},
    ),
    ProgramFile(
        "zoho",
        "Record Id,Contact Owner,First Name,Last Name,Email,Mobile,Account Name,Email Opt Out,Secondary Email\n"
        "zcrm_1,Sam,Ada,Lovelace,ada@example.com,0143,Engines,false,\n",
        ADA | {"phone": "0143", "account": "Engines"},
    ),
    ProgramFile(
        "shopify",
        "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Company,Default Address Phone,"
        'Phone,Total Orders,Tags\n'
        '\'7210448301122,Ada,Lovelace,ada@example.com,yes,Engines,\'+12025550143,,0,"VIP, Blue"\n',
        ADA | {"phone": "+12025550143", "account": "Engines", "tags": "VIP,Blue"},
    ),
    ProgramFile(
        "stripe",
        "id,Description,Email,Name,Created (UTC),Delinquent,Plan,Status\n"
        "cus_1,,ada@example.com,Ada Lovelace,2024-01-27 20:22,false,,canceled\n",
        {"email": "ada@example.com"},
    ),
    ProgramFile(
        "eventbrite",
        "Order #,Order Date,First Name,Last Name,Email,Quantity,Ticket Type,Attendee Status,Cell Phone,Email opt-in\n"
        "1001,2024-01-27,Ada,Lovelace,ada@example.com,1,Free,Attending,0143,Yes\n",
        ADA | {"phone": "0143"},
    ),
    ProgramFile(
        "substack",
        "Email,Name,Type,Start date,Cancel date,Subscription source (free),Sections\n"
        'ada@example.com,Ada,free,2024-01-27,,import,"News, Tips"\n',
        {"email": "ada@example.com", "tags": "News,Tips"},
    ),
    ProgramFile(
        "substack-old",
        "email,active_subscription,expiry,email_disabled,prefer_digests,created_at\n"
        "ada@example.com,true,2025-06-23T23:41:42.980Z,false,false,2018-08-29T20:50:03.435Z\n",
        {"email": "ada@example.com"},
    ),
    ProgramFile(
        "ghost",
        "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels\n"
        "65f,ada@example.com,Ada,,true,false,,2024-01-27T20:22:50.000Z,,VIP\n",
        {"email": "ada@example.com", "tags": "VIP"},
    ),
    ProgramFile(
        "facebook-leads",
        "id,created_time,ad_id,form_id,form_name,is_organic,platform,first_name,last_name,email,phone_number,lead_status\n"
        "l:1,2024-01-27T20:22:50-05:00,ag:1,f:1,Form,false,fb,Ada,Lovelace,ada@example.com,p:+12025550143,CREATED\n",
        ADA | {"phone": "+12025550143"},
    ),
)  # fmt: skip
