"""The sandbox's tables. What is unique regardless of case has a `…_key` column beside it, folded as the store does.

A table that is added here is added to the accounts that are there already; one that is changed makes them accounts of
another version, which are refused (`opening`).
"""

from __future__ import annotations

from typing import Final

VERSION: Final = 7  # to be raised only where what is stored means something else, in tables as they were

_CONTACT: Final = "contact INTEGER NOT NULL REFERENCES contacts ON DELETE CASCADE"
_FIELD: Final = "field INTEGER NOT NULL REFERENCES fields ON DELETE CASCADE"
_ID: Final = "id INTEGER PRIMARY KEY AUTOINCREMENT"  # an id is never given twice
_DEAL_GROUP: Final = "dealGroup INTEGER NOT NULL REFERENCES dealGroups ON DELETE CASCADE"
_ADD_DEAL: Final = (
    "INSERT INTO dealSums VALUES (upper(NEW.currency), 1, NEW.value)"
    " ON CONFLICT (currency) DO UPDATE SET deals = deals + 1, value = value + excluded.value;"
)
_TAKE_DEAL: Final = (
    "UPDATE dealSums SET deals = deals - 1, value = value - OLD.value WHERE currency = upper(OLD.currency);"
)


def _custom_fields(of: str, table: str) -> tuple[str, ...]:
    """The custom fields of the records of a table, and their values, which are JSON: several of them are an array."""
    return (
        f"""CREATE TABLE {of}CustomFieldMeta ({_ID}, fieldLabel TEXT NOT NULL, fieldType TEXT NOT NULL,
        fieldOptions TEXT NOT NULL DEFAULT 'null', fieldDefault TEXT NOT NULL DEFAULT 'null',
        fieldDefaultCurrency TEXT, isFormVisible INTEGER NOT NULL DEFAULT 0, isRequired INTEGER NOT NULL DEFAULT 0,
        displayOrder INTEGER NOT NULL, personalization TEXT NOT NULL, hideFieldFlag INTEGER NOT NULL DEFAULT 0,
        createdTimestamp TEXT NOT NULL, updatedTimestamp TEXT NOT NULL)""",
        f"""CREATE TABLE {of}CustomFieldData ({_ID},
        customFieldId INTEGER NOT NULL REFERENCES {of}CustomFieldMeta ON DELETE CASCADE,
        {of} INTEGER NOT NULL REFERENCES {table} ON DELETE CASCADE, fieldValue TEXT NOT NULL, fieldCurrency TEXT,
        createdTimestamp TEXT NOT NULL, updatedTimestamp TEXT NOT NULL, UNIQUE ({of}, customFieldId))""",
        f"CREATE INDEX {of}CustomFieldData_field ON {of}CustomFieldData (customFieldId)",
    )


SCHEMA: Final = (
    f"""CREATE TABLE contacts ({_ID}, email TEXT NOT NULL, email_key TEXT NOT NULL UNIQUE, firstName TEXT NOT NULL,
        lastName TEXT NOT NULL, phone TEXT NOT NULL, bounced INTEGER NOT NULL, cdate TEXT NOT NULL,
        udate TEXT NOT NULL)""",
    f"""CREATE TABLE tags ({_ID}, tagType TEXT NOT NULL, tag TEXT NOT NULL, tag_key TEXT NOT NULL,
        description TEXT NOT NULL, cdate TEXT NOT NULL, udate TEXT NOT NULL, UNIQUE (tagType, tag_key))""",
    f"""CREATE TABLE contactTags ({_ID}, {_CONTACT}, tag INTEGER NOT NULL REFERENCES tags ON DELETE CASCADE,
        cdate TEXT NOT NULL, UNIQUE (contact, tag))""",
    "CREATE INDEX contactTags_tag ON contactTags (tag, contact)",
    f"""CREATE TABLE lists ({_ID}, name TEXT NOT NULL, stringid TEXT NOT NULL, sender_url TEXT NOT NULL,
        sender_reminder TEXT NOT NULL, channel TEXT NOT NULL, description TEXT NOT NULL,
        send_last_broadcast TEXT NOT NULL DEFAULT '0', carboncopy TEXT, subscription_notify TEXT,
        unsubscription_notify TEXT, cdate TEXT NOT NULL, udate TEXT NOT NULL)""",
    f"""CREATE TABLE contactLists ({_ID}, {_CONTACT}, list INTEGER NOT NULL REFERENCES lists ON DELETE CASCADE,
        status INTEGER NOT NULL, sdate TEXT, udate TEXT, sourceid INTEGER NOT NULL, created TEXT NOT NULL,
        updated TEXT NOT NULL, UNIQUE (contact, list))""",
    "CREATE INDEX contactLists_list ON contactLists (list, contact, status)",
    f"""CREATE TABLE fields ({_ID}, title TEXT NOT NULL, title_key TEXT NOT NULL UNIQUE, type TEXT NOT NULL,
        perstag TEXT NOT NULL, descript TEXT NOT NULL, isrequired TEXT NOT NULL, visible TEXT NOT NULL, defval TEXT,
        show_in_list TEXT NOT NULL DEFAULT '0', rows TEXT NOT NULL DEFAULT '0', cols TEXT NOT NULL DEFAULT '0',
        service TEXT NOT NULL DEFAULT '', ordernum INTEGER NOT NULL, cdate TEXT NOT NULL, udate TEXT NOT NULL)""",
    f"""CREATE TABLE fieldOptions ({_ID}, {_FIELD}, value TEXT NOT NULL, label TEXT NOT NULL,
        orderid INTEGER NOT NULL, isdefault INTEGER NOT NULL, cdate TEXT NOT NULL)""",
    "CREATE INDEX fieldOptions_field ON fieldOptions (field, orderid)",
    f"CREATE TABLE fieldRels ({_ID}, {_FIELD}, relid INTEGER NOT NULL, cdate TEXT NOT NULL)",
    "CREATE INDEX fieldRels_field ON fieldRels (field)",
    f"""CREATE TABLE fieldValues ({_ID}, {_CONTACT}, {_FIELD}, value TEXT, cdate TEXT NOT NULL, udate TEXT NOT NULL,
        UNIQUE (contact, field))""",
    "CREATE INDEX fieldValues_field ON fieldValues (field)",
    f"""CREATE TABLE accounts ({_ID}, name TEXT NOT NULL, name_key TEXT NOT NULL UNIQUE, accountUrl TEXT NOT NULL,
        createdTimestamp TEXT NOT NULL, updatedTimestamp TEXT NOT NULL,
        owner INTEGER NOT NULL DEFAULT 1 REFERENCES users ON DELETE SET DEFAULT)""",
    f"""CREATE TABLE accountContacts ({_ID}, account INTEGER NOT NULL REFERENCES accounts ON DELETE CASCADE,
        contact INTEGER NOT NULL UNIQUE REFERENCES contacts ON DELETE CASCADE, jobTitle TEXT NOT NULL,
        createdTimestamp TEXT NOT NULL, updatedTimestamp TEXT NOT NULL)""",
    "CREATE INDEX accountContacts_account ON accountContacts (account)",
    f"""CREATE TABLE users ({_ID}, username TEXT NOT NULL, username_key TEXT NOT NULL UNIQUE, email TEXT NOT NULL,
        email_key TEXT NOT NULL UNIQUE, firstName TEXT NOT NULL, lastName TEXT NOT NULL,
        phone TEXT NOT NULL DEFAULT '', signature TEXT, localZoneid TEXT NOT NULL DEFAULT 'America/Chicago',
        cdate TEXT NOT NULL, udate TEXT NOT NULL)""",
    # whose key it is
    """INSERT INTO users (id, username, username_key, email, email_key, firstName, lastName, cdate, udate)
        VALUES (1, 'sandbox', 'sandbox', 'sandbox@example.com', 'sandbox@example.com', 'Sandbox', 'User',
        '2026-01-01T00:00:00-06:00', '2026-01-01T00:00:00-06:00')""",
    f"CREATE TABLE groups ({_ID}, title TEXT NOT NULL, descript TEXT NOT NULL)",
    "INSERT INTO groups VALUES (3, 'Admin', 'This is a group for admin users (people that can manage content)')",
    f"""CREATE TABLE listGroups ({_ID}, listid INTEGER NOT NULL REFERENCES lists ON DELETE CASCADE,
        groupid INTEGER NOT NULL REFERENCES groups ON DELETE CASCADE, UNIQUE (listid, groupid))""",
    *_custom_fields("account", "accounts"),
    f"""CREATE TABLE dealGroups ({_ID}, title TEXT NOT NULL, currency TEXT NOT NULL,
        autoassign INTEGER NOT NULL DEFAULT 0, allusers INTEGER NOT NULL DEFAULT 0,
        allgroups INTEGER NOT NULL DEFAULT 1, hidden INTEGER NOT NULL DEFAULT 0, cdate TEXT NOT NULL,
        udate TEXT NOT NULL)""",  # hidden: the key may not see it
    f"""CREATE TABLE dealGroupUsers ({_ID}, {_DEAL_GROUP}, user INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
        UNIQUE (dealGroup, user))""",
    f"""CREATE TABLE dealGroupGroups ({_ID}, {_DEAL_GROUP},
        groupid INTEGER NOT NULL REFERENCES groups ON DELETE CASCADE, UNIQUE (dealGroup, groupid))""",
    f"""CREATE TABLE dealStages ({_ID}, {_DEAL_GROUP}, title TEXT NOT NULL, color TEXT NOT NULL DEFAULT '3f3f3f',
        ordernum INTEGER NOT NULL, width INTEGER NOT NULL DEFAULT 280,
        dealOrder TEXT NOT NULL DEFAULT 'next-action DESC', cardRegion1 TEXT NOT NULL DEFAULT 'title',
        cardRegion2 TEXT NOT NULL DEFAULT 'next-action', cardRegion3 TEXT NOT NULL DEFAULT 'show-avatar',
        cardRegion4 TEXT NOT NULL DEFAULT 'contact-fullname-acctname', cardRegion5 TEXT NOT NULL DEFAULT 'value',
        cdate TEXT, udate TEXT)""",
    "CREATE INDEX dealStages_dealGroup ON dealStages (dealGroup, ordernum)",
    f"""CREATE TABLE deals ({_ID}, title TEXT NOT NULL, description TEXT NOT NULL DEFAULT '', value INTEGER NOT NULL,
        currency TEXT NOT NULL, contact INTEGER REFERENCES contacts ON DELETE SET NULL,
        account INTEGER REFERENCES accounts ON DELETE SET NULL, {_DEAL_GROUP},
        stage INTEGER NOT NULL REFERENCES dealStages ON DELETE CASCADE,
        owner INTEGER NOT NULL DEFAULT 1 REFERENCES users ON DELETE SET DEFAULT, percent INTEGER NOT NULL DEFAULT 0,
        status INTEGER NOT NULL DEFAULT 0, cdate TEXT NOT NULL, mdate TEXT NOT NULL)""",
    "CREATE INDEX deals_contact ON deals (contact)",
    "CREATE INDEX deals_account ON deals (account)",
    "CREATE INDEX deals_dealGroup ON deals (dealGroup)",
    "CREATE INDEX deals_stage ON deals (stage)",
    "CREATE INDEX deals_cdate ON deals (cdate)",  # a far page in this order is as fast as the first
    f"""CREATE TABLE contactDeals ({_ID}, {_CONTACT}, deal INTEGER NOT NULL REFERENCES deals ON DELETE CASCADE,
        cdate TEXT NOT NULL, UNIQUE (contact, deal))""",
    "CREATE INDEX contactDeals_deal ON contactDeals (deal)",
    *_custom_fields("deal", "deals"),
    f"""CREATE TABLE notes ({_ID}, reltype TEXT NOT NULL, relid INTEGER NOT NULL, note TEXT NOT NULL,
        cdate TEXT NOT NULL, mdate TEXT NOT NULL)""",
    "CREATE INDEX notes_of ON notes (reltype, relid)",
    *(
        f"CREATE TRIGGER notes_of_{table} AFTER DELETE ON {table} BEGIN"
        f" DELETE FROM notes WHERE reltype = '{reltype}' AND relid = OLD.id; END"
        for reltype, table in (("Subscriber", "contacts"), ("CustomerAccount", "accounts"), ("Deal", "deals"))
    ),
    f"""CREATE TABLE automations ({_ID}, name TEXT NOT NULL, status TEXT NOT NULL, description TEXT NOT NULL,
        multientry TEXT NOT NULL, cdate TEXT NOT NULL, mdate TEXT NOT NULL)""",
    f"""CREATE TABLE contactAutomations ({_ID}, {_CONTACT},
        automation INTEGER NOT NULL REFERENCES automations ON DELETE CASCADE, adddate TEXT NOT NULL)""",
    "CREATE INDEX contactAutomations_contact ON contactAutomations (contact)",
    "CREATE INDEX contactAutomations_automation ON contactAutomations (automation, contact)",
    f"""CREATE TABLE webhooks ({_ID}, name TEXT NOT NULL, url TEXT NOT NULL, listid INTEGER NOT NULL,
        events TEXT NOT NULL, sources TEXT NOT NULL, cdate TEXT NOT NULL)""",
    f"""CREATE TABLE campaigns ({_ID}, type TEXT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL DEFAULT '0',
        segmentid TEXT NOT NULL DEFAULT '0', addressid TEXT NOT NULL DEFAULT '0', seriesid INTEGER NOT NULL DEFAULT 0,
        public TEXT NOT NULL DEFAULT '1', sdate TEXT, ldate TEXT, send_amt INTEGER NOT NULL DEFAULT 0,
        opens INTEGER NOT NULL DEFAULT 0, uniqueopens INTEGER NOT NULL DEFAULT 0,
        linkclicks INTEGER NOT NULL DEFAULT 0, uniquelinkclicks INTEGER NOT NULL DEFAULT 0,
        unsubscribes INTEGER NOT NULL DEFAULT 0, cdate TEXT NOT NULL, mdate TEXT NOT NULL)""",
    """CREATE TABLE imports (batchId TEXT PRIMARY KEY, at REAL NOT NULL, day TEXT NOT NULL, contacts TEXT NOT NULL,
        failure TEXT NOT NULL, success TEXT)""",  # success: of a batch that was applied
    "CREATE INDEX imports_open ON imports (at) WHERE success IS NULL",
    "CREATE TABLE importCalls (at REAL NOT NULL, single INTEGER NOT NULL)",
    "CREATE TABLE importRefusals (at REAL NOT NULL)",
    # where a batch ends other than completed, and how much of it is applied
    "CREATE TABLE importFates (batchId TEXT PRIMARY KEY, ends TEXT NOT NULL, share REAL NOT NULL)",
    f"CREATE TABLE exclusions ({_ID}, matchPhrase TEXT NOT NULL, matchType TEXT NOT NULL)",
    # counting 100,000 contacts anew for each page would cost more than the page
    "CREATE TABLE totals (contacts INTEGER NOT NULL)",
    "INSERT INTO totals VALUES (0)",
    "CREATE TRIGGER one_more AFTER INSERT ON contacts BEGIN UPDATE totals SET contacts = contacts + 1; END",
    "CREATE TRIGGER one_less AFTER DELETE ON contacts BEGIN UPDATE totals SET contacts = contacts - 1; END",
    # nor is the value of all deals added up anew for each page of them
    "CREATE TABLE dealSums (currency TEXT PRIMARY KEY, deals INTEGER NOT NULL, value INTEGER NOT NULL)",
    f"CREATE TRIGGER deal_added AFTER INSERT ON deals BEGIN {_ADD_DEAL} END",
    f"CREATE TRIGGER deal_taken AFTER DELETE ON deals BEGIN {_TAKE_DEAL} END",
    f"CREATE TRIGGER deal_revalued AFTER UPDATE OF value, currency ON deals BEGIN {_TAKE_DEAL} {_ADD_DEAL} END",
    f"PRAGMA user_version = {VERSION}",
)
