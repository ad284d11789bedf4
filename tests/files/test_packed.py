"""Tables that are packed: read as if they were not, in memory that stays as it is, and refused where that is no way."""

from __future__ import annotations

import gzip
import io
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from bulk.errors import UsageError
from bulk.files.given import Given
from bulk.files.joined_opening import open_tables
from bulk.files.named_file import NamedFile
from bulk.files.opening import SourceOptions, open_source
from bulk.model import place_of
from bulk.resources import named
from tests.scale import tries

CSV = "email;Größe\r\n" + "".join(f"n{at}@example.com;{at}\r\n" for at in range(5_000))


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", ".").replace("_of_", "/"), content)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("packing", ["gzip", "zip"])
def test_a_packed_csv_is_read_as_it_is(tmp_path: Path, packing, encoding):
    path = tmp_path / "people.csv"  # a name says nothing
    content = CSV.encode(encoding)
    if packing == "gzip":
        path.write_bytes(gzip.compress(content))
    else:
        zipped(path, people__csv=content, __MACOSX_of_people__csv=b"\0\1", readme__txt=b"Hello")
    source = open_source(path)
    assert source.header == ("email", "Größe")
    assert [(record.number, *record.cells) for record in source.records()] == [
        (at + 2, f"n{at}@example.com", str(at)) for at in range(5_000)
    ]
    assert [record.number for record in source.records(only={7})] == [7]
    assert source.describe().startswith("packed with gzip, " if packing == "gzip" else "people.csv in a zip archive, ")


def test_what_is_wrong_in_it_is_told_as_in_any_csv(tmp_path: Path):
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress("email\nMüller\n".encode("cp1252")))
    with pytest.raises(UsageError, match="row 2: byte 7 is not UTF-8"):
        list(open_source(path).records())
    assert len(list(open_source(path, SourceOptions("cp1252")).records())) == 1
    path.write_bytes(gzip.compress(b'email\n"a\n'))
    with pytest.raises(UsageError, match="never closed"):
        list(open_source(path).records())


def test_what_is_cut_off_is_refused_when_it_is_met(tmp_path: Path):
    packed = gzip.compress(CSV.encode(), mtime=0)
    (tmp_path / "a.gz").write_bytes(packed[:-2000])
    with pytest.raises(UsageError, match="cannot be unpacked"):
        list(open_source(tmp_path / "a.gz").records())
    broken = bytearray(zipped(tmp_path / "a.zip", a__csv=CSV.encode()).read_bytes())
    broken[200] ^= 255
    (tmp_path / "a.zip").write_bytes(bytes(broken))
    with pytest.raises(UsageError, match="cannot be unpacked"):
        list(open_source(tmp_path / "a.zip").records())


def test_an_archive_without_a_table_or_with_several_is_told_so(tmp_path: Path):
    with pytest.raises(UsageError, match=r"without a CSV \(2 files in it\)"):
        open_source(zipped(tmp_path / "a.zip", a__png=b"", b__png=b""))
    with pytest.raises(UsageError, match=r"several tables: a\.csv, in/b\.CSV\. Unpack it"):
        open_source(zipped(tmp_path / "a.zip", a__csv=b"a\n", in_of_b__CSV=b"b\n"))
    locked = bytearray(zipped(tmp_path / "a.zip", a__csv=b"a\n").read_bytes())
    locked[6] |= 1
    locked[locked.index(b"PK\1\2") + 8] |= 1
    (tmp_path / "a.zip").write_bytes(bytes(locked))
    with pytest.raises(UsageError, match="with a password"):
        open_source(tmp_path / "a.zip")


def test_memory_does_not_grow_with_what_comes_out(tmp_path: Path):
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as file:
        file.write(b"email,text\n")
        line = b"a@example.com," + b"x" * 1000 + b"\n"
        for _ in range(tries(14, 40)):
            file.write(line * 1000)
    (tmp_path / "a.gz").write_bytes(packed.getvalue())
    source = open_source(tmp_path / "a.gz")
    tracemalloc.start()
    try:
        assert sum(1 for _ in source.records()) == tries(14_000, 40_000)
        assert tracemalloc.get_traced_memory()[1] < 8 * 1024**2
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_tables_of_an_archive(tmp_path: Path):
    line = "a@example.com," + "x" * 1000 + "\n"
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in ("a.csv", "b.csv"):
            with archive.open(name, "w") as file:
                file.write(b"email,firstName\n")
                for _ in range(tries(8, 20)):
                    file.write(line.encode() * 1000)
    source = open_tables(NamedFile(tmp_path / "a.zip"), SourceOptions(), named("contacts"), Given())
    tracemalloc.start()
    try:
        numbers = {place_of(record.number)[0] for record in source.records()}
        assert tracemalloc.get_traced_memory()[1] < 8 * 1024**2
    finally:
        tracemalloc.stop()
    assert numbers == {0, 1}
