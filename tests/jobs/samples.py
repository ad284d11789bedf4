"""Rows of every resource that can be imported, and the small account that they need. Nothing here is a test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bulk.resources import RESOURCES
from tests.world import World

IMPORTED = [resource for resource in RESOURCES if resource.modes]
GIVEN = (
    ("POST contacts", {"contact": {"email": "ada@example.com", "firstName": "Ada"}}),
    ("POST contacts", {"contact": {"email": "grace@example.com", "firstName": "Grace"}}),
    ("POST contacts", {"contact": {"email": "zoë@example.com", "firstName": "Zoë"}}),
    ("POST tags", {"tag": {"tag": "VIP", "tagType": "contact", "description": ""}}),
    ("POST tags", {"tag": {"tag": "Smith, John", "tagType": "contact", "description": ""}}),
    ("POST accounts", {"account": {"name": "Analytical Engines"}}),
    ("POST accounts", {"account": {"name": 'The "Best" Shop, Ltd'}}),
    ("POST dealGroups", {"dealGroup": {"title": "Partners", "currency": "eur", "autoassign": 1, "allusers": 1}}),
    ("POST deals", {"deal": {"title": "Loom", "contact": "1", "value": 5, "currency": "usd", "group": "1"}}),
)  # fmt: skip

LONG = "Zażółć gęślą jaźń 🎉 " * 200
ODD = ('He said "no", twice', "=1+1", "00123", "line one\r\nline two\nline three", "Ünï©ødé 日本 \u202eabc",
       LONG.strip(), "a;b\tc|d", "'quoted'", "-5", "@home", "+44 20")  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """`rows` are new to the account; `change` is an attribute and its new cell for the first of them.

    `bad` are cells, by header, that neither the schema nor the API takes; but for those of the columns in `lenient`,
    which the API takes.
    """

    header: str
    rows: tuple[tuple[str, ...], ...]
    change: tuple[str, str] = ("", "")
    bad: tuple[tuple[str, str], ...] = ()
    lenient: tuple[str, ...] = ()

    @property
    def columns(self) -> list[str]:
        return self.header.split(",")


def _contacts() -> Iterator[tuple[str, ...]]:
    for number, odd in enumerate(ODD):
        yield (
            f"p{number}@example.com", odd.splitlines()[0][:200], "O'Connor, Jr.", f"00{number}",
            ("VIP", '"Smith, John",VIP', "")[number % 3], ("Newsletter", "Customers,Newsletter", "")[number % 3],
            ("Analytical Engines", "", 'The "Best" Shop, Ltd')[number % 3], odd,
            ("1-10", "", "200+")[number % 3], ("Mail,Phone", "", "Events")[number % 3],
        )  # fmt: skip


SAMPLES: dict[str, Sample] = {
    "fields": Sample(
        "title,type,perstag,options,descript,isrequired,defval,show_in_list,visible",
        (("Size, of shoe", "dropdown", "SHOE", '36,"37,5",=38', "a\nb", "1", "", "1", "1"),
         ("=1+1", "text", "SUM", "", 'say "so"', "0", "007", "0", "0"),
         ("Größe", "checkbox", "GROESSE", 'A,B,"C ""D"""', "", "0", "", "0", "1"),
         ("Born", "date", "BORN", "", LONG.strip(), "0", "", "0", "1")),
        ("descript", "another"),
        (("isrequired", "maybe"),), ("isrequired",),
    ),
    "tags": Sample(
        "tag,tagType,description",
        (*((odd.splitlines()[0][:100], "contact", odd) for odd in ODD), ("VIP", "template", "of a mail")),
        ("description", "another"),
    ),
    "lists": Sample(
        "name,stringid,sender_url,sender_reminder,channel,description,send_last_broadcast,carboncopy,"
        "subscription_notify,unsubscription_notify",
        tuple(
            (odd.splitlines()[0][:100], f"list-{number}", "https://www.example.com", odd,
             ("email", "sms")[number % 2], odd[::-1].strip(), str(number % 2), "a@example.com", "", "b@example.com")
            for number, odd in enumerate(ODD)
        ),
        ("description", "another"),
        (("channel", "post"), ("send_last_broadcast", "maybe")), ("channel", "send_last_broadcast"),
    ),
    "dealGroups": Sample(
        "title,currency,stages,allgroups,allusers,autoassign",
        (("Services, big", "eur", "Won,Lost", "1", "0", "0"),
         ("=1+1", "gbp", 'One,"Two, three",Four,Five', "0", "1", "1"),
         ("日本", "jpy", "To Contact,In Contact,Follow Up", "1", "1", "2")),
        ("currency", "chf"),
        (("autoassign", "7"), ("currency", "dollars")), ("currency",),
    ),
    "dealStages": Sample(
        "pipeline_title,title,order,dealOrder,color,width,cardRegion1",
        (("Sales", "Won, at last", "4", "next-action DESC", "00ff00", "280", "title"),
         ("Partners", "=1+1", "5", "value DESC", "3f3f3f", "300", "value"),
         ("Partners", 'Say "yes"', "6", "next-action DESC", "000000", "280", "title")),
        ("color", "123456"),
        (("order", "first"), ("width", "wide")), ("order", "width"),
    ),
    **{
        f"{of}CustomFieldMeta": Sample(
            "fieldLabel,fieldType,fieldOptions,fieldDefaultCurrency,isFormVisible,isRequired,displayOrder",
            (("Size, of shoe", "dropdown", '36,"37,5",=38', "", "1", "0", "21"),
             ("=1+1", "text", "", "", "0", "1", "22"),
             ("Größe", "checkbox", 'A,B,"C ""D"""', "", "0", "0", "23"),
             ("Costs", "currency", "", "eur", "1", "1", "24"),
             ("Talks", "multiselect", "One,Two", "", "0", "0", "25")),
            ("isRequired", "1"),
            (("fieldType", "colour"), ("displayOrder", "last")), ("displayOrder",),
        )
        for of in ("deal", "account")
    },
    "accounts": Sample(
        "name,accountUrl,owner_email,Industry,Services,Annual Revenue,Renewal",
        tuple(
            (odd.splitlines()[0][:100], f"https://www.example.com/{number}", "mira@example.com",
             ("Software", "", "Retail")[number % 3], ("Hosting,Training", "", "Support")[number % 3],
             ("0.05", "1234567.89", "")[number % 3], ("2026-05-28", "")[number % 2])
            for number, odd in enumerate(ODD)
        ),
        ("accountUrl", "https://www.example.org"),
        (("Annual Revenue", "much"), ("Renewal", "soon")),
    ),
    "contacts": Sample(
        "email,firstName,lastName,phone,tags,lists,account,Notes,Company Size,Interests", tuple(_contacts()),
        ("lastName", "Another"),
        (("email", "nobody"), ("email", "a b@example.com")),
    ),
    "contactTags": Sample(
        "contact_email,tag_name",
        (("ada@example.com", "VIP"), ("ada@example.com", "Smith, John"), ("zoë@example.com", "VIP"),
         ("grace@example.com", "VIP")),
    ),
    "contactLists": Sample(
        "contact_email,list_name,status",
        (("ada@example.com", "Newsletter", "1"), ("ada@example.com", "Customers", "2"),
         ("zoë@example.com", "Product News", "0"), ("grace@example.com", "Newsletter", "3")),
        ("status", "2"),
        (("status", "4"),),
    ),
    "fieldValues": Sample(
        "contact_email,field_title,value",
        (*(("ada@example.com", title, value) for title, value in
           (("Notes", ODD[3]), ("City", '=1+1, "x"'), ("Interests", "||Mail||Phone||"), ("Company Size", "1-10"),
            ("Birthday", "1815-12-10"), ("Source Code", "00123"), ("Country", LONG.strip()))),
         ("zoë@example.com", "City", "Łódź")),
        ("value", "||Events||"),
    ),
    "accountContacts": Sample(
        "account_name,contact_email,jobTitle",
        (("Analytical Engines", "ada@example.com", 'Countess, "and" more'),
         ('The "Best" Shop, Ltd', "zoë@example.com", "=1+1"), ("Analytical Engines", "grace@example.com", "")),
        ("jobTitle", "another"),
    ),
    "contactAutomations": Sample(
        "contact_email,automation_name",
        (("ada@example.com", "Welcome"), ("zoë@example.com", "Birthday Greetings"), ("zoë@example.com", "Welcome")),
    ),
    "deals": Sample(
        "title,contact_email,account_name,value,currency,pipeline_title,stage_title,owner_email,status,percent,description,"
        "Source,Products,Papers,Discount,Seats,Contract Number,Agreed,Forecasted Close Date",
        tuple(
            (odd.splitlines()[0][:100], *(("ada@example.com", ""), ("", "Analytical Engines"),
             ("zoë@example.com", 'The "Best" Shop, Ltd'))[number % 3],
             ("0.05", "1234567.89", "0.00", "10.50")[number % 4], ("usd", "eur")[number % 2],
             *(("Sales", "In Contact"), ("Partners", "Follow Up"))[number % 2],
             "tomas@example.com", str(number % 3), str(number * 9), odd, ("Web", "")[number % 2],
             ("Hosting,Support", "", "Training")[number % 3], ("NDA,SLA", "")[number % 2],
             ("0.05", "1234567.89", "")[number % 3], ("12", "")[number % 2], "00123", odd,
             ("2026-12-31", "")[number % 2])
            for number, odd in enumerate(ODD)
        ),
        ("value", "0.07"),
        (("value", "cheap"), ("value", "-1"), ("currency", "dollars"), ("status", "3")),
    ),
    "notes": Sample(
        "note,reltype,contact_email,deal_title,account_name",
        tuple(
            (odd, *(("Subscriber", "ada@example.com", "", ""), ("Deal", "", "Loom", ""),
                    ("CustomerAccount", "", "", 'The "Best" Shop, Ltd'))[number % 3])
            for number, odd in enumerate(ODD)
        ),
        ("note", "another"),
        (("reltype", "Order"),),
    ),
    "webhooks": Sample(
        "name,url,events,sources,list_name",
        (('Shop, "big"', "https://www.example.com/a?b=c,d", "subscribe,unsubscribe,sent",
          "public,admin,api,system", ""),
         ("=1+1", "https://www.example.com/b", "deal_add", "api", "Newsletter"),
         ("Łódź", "https://www.example.com/c", "contact_tag_added,bounce", "public,system", "")),
        ("events", "open"),
        (("sources", "hearsay"),),
    ),
}  # fmt: skip


def given(world: World) -> None:
    """Make the small account that all rows need."""
    for request, body in GIVEN:
        reply = world.ask(request, body)
        assert reply.status < 300, (request, body, reply)


def files_of(world: World, *names: str) -> Path:
    """A folder with the files of these resources, as their samples are."""
    folder = world.folder / "files"
    folder.mkdir()
    for name in names:
        world.csv(SAMPLES[name].rows, SAMPLES[name].header, f"files/{name}.csv")
    return folder
