"""Files that are refused as a whole: the text names the row and the next step."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from bulk.errors import UsageError
from bulk.files.csv.reader import open_csv
from bulk.wording import FrontEnd


def refusal(path: Path, **options) -> str:
    with pytest.raises(UsageError) as caught:
        list(open_csv(path, **options).records())
    return caught.value.words(FrontEnd.COMMAND_LINE)


def test_no_file(tmp_path):
    assert "there is no such file" in refusal(tmp_path / "gone.csv")
    assert "is a folder" in refusal(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "no regular file" in refusal(tmp_path / "pipe")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file(csv_file):
    path = csv_file("a,b\n")
    path.chmod(0)
    assert "cannot be read: Permission denied" in refusal(path)


@pytest.mark.parametrize("content", ["", "\n", "\n\r\n\n", ",,\n,,,\n", "\ufeff", "sep=;\n"])
def test_nothing_in_it(csv_file, content):
    assert "is empty" in refusal(csv_file(content))


def test_a_header_that_names_a_column_twice(csv_file):
    text = refusal(csv_file("\na,b, a,c,b\n1,2,3,4,5\n"))
    assert "row 2: the header names 'a', 'b' more than once" in text


@pytest.mark.parametrize(
    ("content", "row", "offset"),
    [
        (b"email,name\na@b.co,Zo\xeb\n", 2, 20),
        (b"\xe9mail,name\n", 1, 0),
        (b'email,name\n"a\nb",x\n\nc@d.ee,"y\nZo\xeb"\n', 4, 32),
        (b"email,name\n" + b"a@b.co,x\n" * 50_000 + b"\xeb@b.co,y\n", 50_002, 450_011),
        (b"email,name\na@b.co,x\xc3", 2, 19),
        (b"\xef\xbb\xbfemail,name\na@b.co,x\xe9\n", 2, 22),
    ],
)
def test_bytes_that_do_not_decode(csv_file, content, row, offset):
    text = refusal(csv_file(content))
    assert f"row {row}: byte {offset} is not UTF-8" in text
    assert "--encoding cp1252" in text
    if b"Zo\xeb" in content:
        assert "as cp1252:  " in text
        assert text.count("Zoë") == 2


def test_a_utf16_file_that_is_cut(csv_file):
    assert "row 2: byte 22 is not UTF-16 LE" in refusal(csv_file("email,b\n1,2".encode("utf-16")[:-1]))


@pytest.mark.parametrize(
    ("content", "row", "says"),
    [
        ('a,b\n1,2\n3,"4\n5,6\n', 3, "never closed"),
        ('a,b\n"x\ny",2\n\n3,"4" 5\n', 4, "closing quote"),
        ('"a,b\n1,2\n', 1, "never closed"),
        ('a,b\n1,"a \\"quoted\\" word"\n', 2, "closing quote"),
    ],
)
def test_quotes_that_do_not_match(csv_file, content, row, says):
    text = refusal(csv_file(content))
    assert f"row {row}: " in text
    assert says in text


def test_a_cell_that_is_too_large(csv_file):
    limit = 1_048_576
    fits = "a,b\n1,2\n3," + "x" * limit + "\n"
    assert len(list(open_csv(csv_file(fits)).records())) == 2
    assert "row 3: a cell is longer than 1,048,576 characters" in refusal(csv_file("a,b\n1,2\n3," + "x" * (limit + 1)))
    assert "row 2: a cell is longer" in refusal(csv_file('a,b\n1,"' + "line\n" * 300_000))


SWALLOWED = """\
email,firstName,phone
a@b.co,Ann,1
c@d.ee,"Cy,2
e@f.gg,Eve,3
g@h.ii,Gus",4
i@j.kk,Ira,5
"""


def test_two_stray_quotes_swallow_rows(csv_file):
    text = refusal(csv_file(SWALLOWED))
    assert "row 3: a quote" in text
    assert "swallow the next 2 rows" in text
    assert "next 1 row into" in refusal(csv_file(SWALLOWED.replace("e@f.gg,Eve,3\n", "")))


def test_stray_quotes_in_two_different_columns(csv_file):
    swallowed = SWALLOWED.replace('g@h.ii,Gus",4', 'g@h.ii,Gus,4"')
    assert "row 3: a quote" in refusal(csv_file(swallowed))


def test_many_rows_in_one_large_cell(csv_file):
    inner = "".join(f"p{n}@b.co,Ann,{n}\n" if n % 3 else f"p{n}@b.co,Ann\n" for n in range(200))
    text = 'email,firstName,phone\nx@y.zz,Al,0\na@b.co,"Cy,1\n' + inner + 'z@b.co,Zed",9\n'
    assert "row 3: a quote" in refusal(csv_file(text))


def test_rows_swallowed_without_any_address(csv_file):
    assert "row 2: a quote" in refusal(csv_file('a,b,c\n1,"x,2\n3,y,4\n5,z",6\n'))


@pytest.mark.parametrize(
    "note",
    [
        "Dear Ann,\nsee, you, Bob",
        "Dear Ann,\nsee you, Bob",
        "one, two\nthree, four\nfive, six",
        "12 Main St\nSpringfield, IL, 12345",
        "Ask her:\ncall bob@example.com, or not",
        "\n",
        "a\nb",
        "\n".join(f"line {n}, of a long, note" for n in range(150)),
    ],
)
@pytest.mark.parametrize("header", ["email,note", "email,phone,note", "note,email", "zip,city,note"])
def test_a_note_of_several_lines_is_no_swallowed_row(csv_file, note, header):
    cells = {"email": "a@b.co", "phone": "1", "zip": "01067", "city": "Dresden", "note": f'"{note}"'}
    row = ",".join(cells[name] for name in header.split(","))
    plain = row.replace(f'"{note}"', "plain")
    records = list(open_csv(csv_file(f"{header}\n{plain}\n{row}\n{plain}\n")).records())
    assert len(records) == 3
    assert note in records[1].cells


BIG = """
import sys
from pathlib import Path
from bulk.errors import UsageError
from bulk.files.csv.reader import open_csv

path = Path(sys.argv[1])
try:
    for record in open_csv(path).records():
        pass
except UsageError as error:
    print(error)
status = Path("/proc/self/status").read_text()  # ru_maxrss would also count the process that forked this one
print(int(status.split("VmHWM:")[1].split()[0]) // 1024)
"""


@pytest.mark.some(2)
@pytest.mark.skipif(sys.platform != "linux", reason="the peak memory is read from /proc")
@pytest.mark.parametrize(
    ("opening", "piece", "says"),
    [
        (b"a,b\n1,2\n3,", b"x" * 1_000_000, "row 3: a line is longer than 16 MiB"),
        (b'a,b\n1,2\n3,"', b"some line of text\n" * 50_000, "row 3: a cell is longer"),
        (b"", b"x" * 1_000_000, "row 1: a line is longer than 16 MiB"),
        (b"\xff\xfe", b"x\0" * 500_000, "row 1: a line is longer than 16 MiB"),
    ],
)
def test_a_cell_of_50_mb_is_refused_in_little_memory(tmp_path, opening, piece, says):
    path = tmp_path / "big.csv"
    with path.open("wb") as file:
        file.write(opening)
        for _ in range(50_000_000 // len(piece)):
            file.write(piece)
    script = textwrap.dedent(BIG)
    said = subprocess.check_output([sys.executable, "-c", script, str(path)], text=True, cwd=Path(__file__).parents[2])
    assert says in said
    assert int(said.split()[-1]) < 100
