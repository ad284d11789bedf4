"""Dates of files: each is read as it is meant or refused, and none is moved by a day, wherever the account is."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bulk.errors import UsageError
from bulk.files.named_file import NamedFile
from bulk.jobs.input_options import matched, source_of
from bulk.jobs.options import ImportOptions
from bulk.planning.names import CustomField, Names
from bulk.resources import named
from bulk.resources.kinds import Problem
from bulk.resources.kinds.date_forms import Dates, is_form

CONTACTS = named("contacts")
FORMS = {  # how a date can be written, and in which orders that is a date at all
    "{d:02}/{m:02}/{y}": "DMY",
    "{d}.{m}.{y}": "DMY",
    "{d:02}-{m:02}-{y} 20:22": "DMY",
    "{m:02}/{d:02}/{y}": "MDY",
    "{m}/{d}/{y} 8:22 PM": "MDY",
    "{y}/{m:02}/{d:02}": "DMY MDY YMD",
    "{y}-{m:02}-{d:02}": "DMY MDY YMD",
    "{y}-{m:02}-{d:02} 20:22": "DMY MDY YMD",
    "{y}-{m:02}-{d:02}T23:59:59-11:00": "DMY MDY YMD",
    "{d} {month} {y}": "DMY MDY YMD",
    "{short} {d}, {y}": "DMY MDY YMD",
    "{d}-{short}-{y} 00:00": "DMY MDY YMD",
}
FAR = ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Berlin", "America/Sao_Paulo", "America/Havana", "UTC"]
DAYS = st.dates(date(1901, 1, 1), date(2099, 12, 31))
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip


def written(form: str, day: date) -> str:
    month = MONTHS[day.month - 1]
    return form.format(d=day.day, m=day.month, y=day.year, month=month, short=month[:3])


@pytest.mark.some(16)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("order", ["", "DMY", "MDY", "YMD"])
@given(day=DAYS, zone=st.sampled_from(FAR))
def test_a_date_is_right_or_refused_and_never_moved(form, order, day, zone):
    text = written(form, day)
    either = day.day <= 12 and day.day != day.month  # the two could change places
    told = FORMS[form].split()
    for dates in (Dates(order), Dates(order, ZoneInfo(zone))):
        read = dates.day(text)
        if order in told:
            assert read == day.isoformat()
        elif order:  # said to be otherwise: refused, or what it says in that order
            twisted = day.replace(month=day.day, day=day.month).isoformat() if day.day <= 12 else None
            assert isinstance(read, Problem) or (order != "YMD" and read == twisted)
        elif either and len(told) == 1:
            assert isinstance(read, Problem)
            assert read.code == "date_ambiguous"
            assert "date_format" in read.hint
        else:
            assert read == day.isoformat()


@given(moment=st.datetimes(datetime(1971, 1, 1), datetime(2037, 12, 31)), zone=st.sampled_from(FAR))  # noqa: DTZ001
def test_a_time_is_meant_where_it_is_said_or_refused_where_it_was_never_or_twice(moment, zone):
    there = ZoneInfo(zone)
    moment = moment.replace(microsecond=0)
    read = Dates(zone=there).moment(moment.isoformat(sep=" "))
    first, second = (moment.replace(tzinfo=there, fold=fold) for fold in (0, 1))
    if isinstance(read, Problem):
        assert read.code == "datetime_unclear"
        assert first.utcoffset() != second.utcoffset()
    else:
        back = datetime.fromisoformat(read)
        assert back.utcoffset() is not None
        assert back.astimezone(there).replace(tzinfo=None) == moment


@given(day=st.dates(date(1971, 1, 1), date(2037, 12, 31)), zone=st.sampled_from(FAR))
def test_a_day_that_becomes_a_moment_begins_that_day_where_it_is_meant(day, zone):
    there = ZoneInfo(zone)
    read = Dates(zone=there).moment(day.isoformat())
    if day == date(1994, 12, 31) and zone == "Pacific/Kiritimati":  # which that place left out
        return
    moment = datetime.fromisoformat(read).astimezone(there)
    assert moment.date() == day
    assert (moment.astimezone(UTC) - timedelta(minutes=1)).astimezone(there).date() < day


def test_clocks_that_are_put_forward_and_back():
    berlin = Dates(zone=ZoneInfo("Europe/Berlin"))
    assert berlin.moment("2024-03-31 03:00") == "2024-03-31T03:00:00+02:00"
    never, twice = berlin.moment("31.03.2024 02:30"), berlin.moment("27.10.2024 02:30")
    assert (never.code, twice.code) == ("datetime_unclear",) * 2
    assert "forward" in never.message
    assert "back" in twice.message
    assert berlin.moment("2024-10-27T02:30:00+01:00") == "2024-10-27T02:30:00+01:00"
    sao_paulo = Dates(zone=ZoneInfo("America/Sao_Paulo"))  # where midnight itself is left out
    assert sao_paulo.moment("2018-11-04") == "2018-11-04T01:00:00-02:00"
    assert sao_paulo.day("2018-11-04") == "2018-11-04"


@pytest.mark.parametrize(
    "text", ["", "45123", "31.02.2024", "31.12.90", "5 Thermidor 2024", "2024-13-01", "12:30", "x"]
)
def test_what_is_no_date_is_none(text):
    for order in ("", "DMY", "MDY", "YMD"):
        assert isinstance(Dates(order, UTC).moment(text), Problem)


def test_codes_read_what_they_say_and_iso():
    dates = Dates("%d.%m.%y")
    assert dates.day("31.12.90") == "1990-12-31"
    assert dates.day("1990-12-31") == "1990-12-31"
    assert isinstance(dates.day("12/31/1990"), Problem)
    timed = Dates("%d/%m/%Y %H:%M", ZoneInfo("America/New_York"))
    assert timed.moment("05/03/2024 20:22") == "2024-03-05T20:22:00-05:00"
    assert timed.day("05/03/2024 20:22") == "2024-03-05"


@pytest.mark.parametrize("form", ["%Y-%m-%d %H:%M:%S %Z", "%Y-%m-%d %H:%M:%S UTC", "%d.%m.%Y %H:%M:%SZ"])
@pytest.mark.parametrize("zone", [None, ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")])
def test_what_says_that_it_is_utc_is(form, zone):
    text = datetime(2024, 3, 5, 9, 30, tzinfo=UTC).strftime(form)
    assert Dates(form, zone).moment(text) == "2024-03-05T09:30:00+00:00"


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system has one zone for all processes")
def test_the_names_of_this_machines_zone_are_not_read(monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert isinstance(Dates("%Y-%m-%d %H:%M %Z", UTC).moment("2024-03-05 09:30 EST"), Problem)
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize("form", ["DMY", "%d.%m.%y", "%Y-%j", "%m/%d/%Y %I:%M %p", "%B %d, %Y"])
def test_forms_that_can_be(form):
    assert is_form(form)
    assert ImportOptions(date_format=form).date_format == form


@pytest.mark.parametrize("form", ["dmy", "DDMMYYYY", "%d.%m.", "%H:%M", "%Q%d%m%Y", "%", "dd.mm.yyyy"])
def test_forms_that_cannot_be(form):
    with pytest.raises(UsageError, match="DMY, MDY or YMD"):
        ImportOptions(date_format=form)


@pytest.mark.parametrize("zone", ["Berlin", "../etc/passwd", "Europe", "CEST+2", 5])
def test_zones_that_cannot_be(zone):
    with pytest.raises(UsageError, match="Europe/Berlin"):
        ImportOptions(timezone=zone)


def rows_of(folder, text, **options):
    path = folder / "people.csv"
    path.write_text(text, encoding="utf-8")
    chosen = ImportOptions(mode="upsert", key="email", **options)
    source = source_of(CONTACTS, NamedFile(path), chosen)
    fields = (CustomField("1", "Born", "BORN", "date"), CustomField("2", "Seen", "SEEN", "datetime"),
              CustomField("3", "Said", "SAID", "text"))  # fmt: skip
    match = matched(CONTACTS, source, chosen, Names(fields=fields))
    return [(match.row(record).values, record.doubts or {}) for record in source.records()]


def test_only_columns_of_dates_are_put_into_iso_form(tmp_path):
    text = "email,Born,Seen,Said\na@example.com,31.12.1990,27.01.2024 20:22,31.12.1990\nb@example.com,#N/A,,\n"
    (values, doubts), (clearing, none) = rows_of(tmp_path, text, timezone="Asia/Tokyo")
    assert values["field:1"] == "1990-12-31"
    assert values["field:2"] == "2024-01-27T20:22:00+09:00"
    assert values["field:3"] == "31.12.1990"
    assert (doubts, none) == ({}, {})
    assert clearing["field:1"] == "#N/A"


def test_what_the_user_says_of_dates_goes_before_what_the_program_says(tmp_path):
    text = "E-mail Address,First Name,Last Name,Company,Birthday,Home Phone,Categories\na@example.com,,,,05/03/2024,,\n"
    path = tmp_path / "people.csv"
    path.write_text(text, encoding="utf-8")
    fields = (CustomField("1", "Birthday", "BORN", "date"),)
    said = {}
    for order in ("", "DMY"):
        chosen = ImportOptions(mode="upsert", key="email", preset="outlook", date_format=order)
        source = source_of(CONTACTS, NamedFile(path), chosen)
        match = matched(CONTACTS, source, chosen, Names(fields=fields))
        said[order] = next(match.row(record).values["field:1"] for record in source.records())
    assert said == {"": "2024-05-03", "DMY": "2024-03-05"}
