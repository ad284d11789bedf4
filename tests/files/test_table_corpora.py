"""Public CSV test files and headers of real exports (not part of the repository; skipped where they are absent)."""

from __future__ import annotations

import csv
import json

import pytest

from bulk.errors import UsageError
from bulk.files.csv.dialect import Dialect
from bulk.files.csv.frames import Frames
from bulk.files.csv.reader import open_csv
from bulk.files.matching import match_header, parse_maps
from bulk.files.named_file import NamedFile
from bulk.resources.spec import normalise
from bulk.wording import FrontEnd

PLAIN = Dialect("utf-8", ",", bom=False, skip_lines=0, sep_line=False)


def read(path, **options):
    table = open_csv(path, **options)
    return table, list(table.records())


def good_cells(records):
    return [record.cells for record in records if not record.problem]


def problems(records):
    return [(record.number, record.problem.code) for record in records if record.problem]


def test_csv_spectrum(corpora):
    files = sorted((corpora / "csv-conformance" / "csv-spectrum" / "csvs").glob("*.csv"))
    assert len(files) == 12
    for path in files:
        expected = json.loads((path.parents[1] / "json" / f"{path.stem}.json").read_text("utf-8"))
        table, records = read(path)
        assert not problems(records)
        result = [dict(zip(table.header, record.cells, strict=True)) for record in records]
        assert result == (expected if isinstance(expected, list) else [expected]), path.name


def test_papaparse_portable_cases(corpora, csv_file):
    """The framing alone, header and blank lines included, as PapaParse sees them."""
    cases = json.loads((corpora / "csv-conformance" / "papaparse" / "core-parser-tests.json").read_text("utf-8"))
    portable = [case for case in cases if case["portable"]]
    assert len(portable) == 41
    differing = []
    for case in portable:
        path = csv_file(case["input"])
        expected = case["expected"]["data"]
        renamed = (case["expected"].get("meta") or {}).get("renamedHeaders")
        if renamed:
            expected = [[renamed.get(name, name) for name in expected[0]], *expected[1:]]
            with pytest.raises(UsageError, match="more than once"):  # we refuse what PapaParse renames
                open_csv(path)
        if [cells for _, _, cells in Frames(NamedFile(path), PLAIN)] != expected:
            differing.append(case["n"])
    # 54 has blank lines: PapaParse makes rows of one empty cell of them and of the file's end, here they are no cells
    assert differing == [54]


def test_papaparse_cases_with_broken_quotes_are_refused(corpora, csv_file):
    cases = json.loads((corpora / "csv-conformance" / "papaparse" / "core-parser-tests.json").read_text("utf-8"))
    broken = [case for case in cases if "Quotes" in str(case["expected"].get("errors"))]
    assert len(broken) == 5
    for case in broken:
        with pytest.raises(UsageError, match="quote"):
            list(Frames(NamedFile(csv_file(case["input"])), PLAIN))


KNOWN = {"email", "firstName", "lastName", "phone", "tags", "account"}


@pytest.mark.parametrize(
    "name",
    [
        "activecampaign_contacts",
        "brevo_contacts",
        "google_contacts_2024",
        "hubspot_contacts",
        "outlook_contacts_cp1252",
        "salesforce_dataloader_contacts",
        "shopify_customers_export",
    ],
)
def test_exports_of_other_programs(corpora, contacts, name):
    folder = corpora / "exports" / "header-true"
    expected = json.loads((folder / f"{name}.expected.json").read_text("utf-8"))
    encoding = "cp1252" if expected["encoding"] == "cp1252" else "auto"
    table, records = read(folder / f"{name}.csv", encoding=encoding, columns=contacts)
    assert list(table.header) == expected["header"]
    assert table.dialect.delimiter == expected["delimiter"]
    assert [record.cells for record in records] == expected["records_as_in_file"]
    assert not problems(records)

    taken: dict[str, str] = {}
    for header, meaning in expected["mapping"].items():
        attribute = meaning.split()[0]
        taken[header] = attribute if attribute in KNOWN and attribute not in taken.values() else ""
    maps = parse_maps(f"{header}={attribute}" for header, attribute in taken.items())
    match = match_header(table.header, contacts, maps=maps)
    assert {table.header[at]: column.attribute for at, column in match.columns} == {
        header: attribute for header, attribute in taken.items() if attribute
    }
    at = table.header.index(next(header for header, attribute in taken.items() if attribute == "email"))
    assert [match.row(record).key for record in records] == [
        cells[at].strip().casefold() for cells in expected["records_as_in_file"]
    ]


def test_a_windows_file_is_never_guessed(corpora):
    path = corpora / "exports" / "header-true" / "outlook_contacts_cp1252.csv"
    with pytest.raises(UsageError) as refused:
        read(path)
    said = refused.value.words(FrontEnd.COMMAND_LINE)
    bad = next(at for at, byte in enumerate(path.read_bytes()) if byte > 127)
    assert f"byte {bad} is not UTF-8" in said
    assert "--encoding cp1252" in said
    letter = path.read_bytes()[bad : bad + 1].decode("cp1252")
    assert letter in said.split("as cp1252:")[1].splitlines()[0]


def test_exports_of_mailchimp_and_substack(corpora):
    files = sorted((corpora / "exports" / "ghost-migrate").rglob("*.csv"))
    assert len(files) == 6
    for path in files:
        table, records = read(path)
        with path.open(encoding="utf-8", newline="") as file:
            expected = [row for row in csv.reader(file, delimiter=table.dialect.delimiter, strict=True) if row]
        assert [list(table.header), *(record.cells for record in records)] == expected
    table, records = read(corpora / "exports" / "ghost-migrate" / "blank-line-in-middle.csv")
    assert table.blank_rows > 0
    assert not problems(records)


def test_what_spreadsheets_wrote(corpora):
    files = sorted((corpora / "roundtrip").rglob("*.csv"))
    assert files
    for path in files:
        windows = path.parts[-2:] == ("excel-en-US-SIMULATED", "after.csv")
        table, records = read(path, encoding="cp1252" if windows else "auto")
        assert not problems(records), path
        assert table.header[0] == "email"
    table, records = read(corpora / "roundtrip" / "libreoffice-all-columns-text" / "before.csv")
    first = dict(zip(table.header, records[0].cells, strict=True))
    assert (first["zip"], first["phone"], first["long_id"]) == ("01067", "+442079460958", "1234567890123456789")


NUMBER_TO_TIME = ["number", "text", "boolean", "date", "datetime", "timedelta"]


@pytest.mark.parametrize("name", ["test", "test_cr", "test_crlf", "test_csv_sniff", "test_quote_nonnumeric"])
def test_agate(corpora, name):
    table, records = read(corpora / "csv-conformance" / "agate" / f"{name}.csv")
    assert list(table.header) == NUMBER_TO_TIME
    assert [record.cells[:2] for record in records] == [["1", "a"], ["2", "👍"], ["", "b"]]
    assert records[0].cells[-1] == "0:04:15"
    assert not problems(records)


@pytest.mark.parametrize(
    ("name", "numbers", "result", "bad"),
    [
        ("bad", [2, 3, 4], [["0", "mixed types.... uh oh", "17"]], [(2, "too_many_cells"), (3, "too_few_cells")]),
        (
            "bad_skip_lines",
            [5, 6, 7],
            [["0", "mixed types.... uh oh", "17"]],
            [(5, "too_many_cells"), (6, "too_few_cells")],
        ),
        ("blanks", [2], [["", "NA", "N/A", "NONE", "NULL", "."]], []),
        ("mac_newlines", [2, 3], [["1", "2", "3"], ["Once upon\ra time", "5", "6"]], []),
        ("null_byte", [2], [], [(2, "nul_character")]),
        ("optional_quote_characters", [2], [["1", "2", "3"]], []),
        ("test_empty_columns", [2, 3], [["a", "", "", "", ""]], [(3, "too_few_cells")]),
        ("test_empty_columns_long_row", [], [], []),
        ("test_empty_columns_short_row", [], [], []),
        ("test_extra_header", [2], [], [(2, "too_few_cells")]),
        ("test_header_newline", [2], [["d", "e", "f"]], []),
        ("test_locale", [2], [["1,7", "200.000.000", ""]], []),
        ("test_no_leading_zeroes", [2], [["01", "00.11", "0.1"]], []),
        ("test_numeric_date_format", [2, 3], [["20140102"], ["20121231"]], []),
        ("test_precision", [2], [["1.234567"]], []),
        ("test_skip_lines", [5], [["1", "2", "3"]], []),
    ],
)
def test_csvkit(corpora, name, numbers, result, bad):
    _, records = read(corpora / "csv-conformance" / "csvkit" / f"{name}.csv")
    assert [record.number for record in records] == numbers
    assert good_cells(records) == result
    assert problems(records) == bad


def test_an_empty_file_and_a_nameless_header(corpora):
    with pytest.raises(UsageError, match="is empty"):
        read(corpora / "csv-conformance" / "csvkit" / "empty.csv")
    # an empty row above the table is passed over, so the value becomes the header, which matching will not know
    table, records = read(corpora / "csv-conformance" / "node-csv" / "399-empty-quoted-header.csv")
    assert (table.header, table.header_row, records) == (("value",), 2, [])


def test_univocity(corpora):
    table, records = read(corpora / "csv-conformance" / "univocity" / "correctness.csv")
    assert table.header == ("Year", "Make", "Model", "Description", "Price")
    assert records[0].cells == ["1997", "Ford", "E350", "ac, abs, moon", "3000.00"]
    assert records[1].cells[2] == 'Venture "Extended Edition"'
    assert records[2].cells[3] == "MUST SELL!\nair, moon roof, loaded"
    assert not problems(records)
    assert [record.number for record in records] == list(range(2, 2 + len(records)))


@pytest.mark.parametrize(
    ("path", "encoding", "described", "last"),
    [
        ("csvkit/test_latin1.csv", "latin-1", "Latin-1, comma", "©"),
        ("csvkit/test_utf16_big.csv", "auto", "UTF-16 BE with BOM, comma", "ʤ"),
        ("csvkit/test_utf16_little.csv", "auto", "UTF-16 LE with BOM, comma", "ʤ"),
        ("csvkit/test_utf8.csv", "auto", "UTF-8, comma", "ʤ"),
        ("csvkit/test_utf8_bom.csv", "auto", "UTF-8 with BOM, comma", "ʤ"),
        ("frictionless/bom.csv", "auto", "UTF-8 with BOM, comma", "中国人"),
        ("frictionless/delimiter.csv", "auto", "UTF-8, semicolon", "中国人"),
        ("frictionless/latin1.csv", "cp1252", "cp1252, comma", "©"),
        ("frictionless/leading-zeros.csv", "auto", "UTF-8, comma", "00003"),
        ("frictionless/table-unicode-headers.csv", "auto", "UTF-8, comma", "中国人"),
        ("node-csv/327-latin1.csv", "latin-1", "Latin-1, comma", "acentuação2"),
        ("node-csv/365-utf16le-bom-windows.csv", "auto", "UTF-16 LE with BOM, comma", "3"),
        ("node-csv/365-utf8-bom-windows.csv", "auto", "UTF-8 with BOM, comma", "3"),
    ],
)
def test_encodings(corpora, path, encoding, described, last):
    table, records = read(corpora / "encodings" / path, encoding=encoding)
    assert table.dialect.describe() == f"{described}-separated"
    assert records[-1].cells[-1] == last
    assert not problems(records)
    assert not table.header[0].startswith("\ufeff")
    if encoding != "auto":
        with pytest.raises(UsageError, match=f'encoding="{encoding}"'):
            read(corpora / "encodings" / path)


def test_headers_are_understood_or_refused(corpora, contacts):
    """Every header row that was collected either matches or is refused with a text that names the unknown columns."""
    text = (corpora / "headers" / "header-rows.json").read_text("utf-8")
    rows = [row for row in _header_rows(json.loads(text)) if len(row) > 1]
    assert len(rows) > 10
    for header in rows:
        try:
            match = match_header(header, contacts)
        except UsageError as error:
            assert "--map" in error.words(FrontEnd.COMMAND_LINE)  # noqa: PT017  # either outcome is right
        else:
            assert all(normalise(header[at]) for at, _ in match.columns)


def _header_rows(value):
    if isinstance(value, list):
        if value and all(isinstance(name, str) for name in value):
            yield value
        else:
            for inner in value:
                yield from _header_rows(inner)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _header_rows(inner)


def test_a_thousand_rows_of_volume(corpora):
    _, records = read(corpora / "volume" / "customers-1000.csv")
    assert len(records) == 1000
    assert not problems(records)
