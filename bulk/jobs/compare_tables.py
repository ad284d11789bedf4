"""Two files of one resource against each other: their headers, their rows, and where differences go."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from bulk.errors import AccountingError, UsageError
from bulk.files.compared import compared_columns, keys_of, natural_key, with_separator
from bulk.files.difference import Difference, What
from bulk.files.header_refusals import nearest_part
from bulk.files.named_file import NamedFile
from bulk.files.opening import SourceOptions, open_source
from bulk.files.pairing import Pairing
from bulk.files.sink import Sink
from bulk.files.source import Source
from bulk.jobs.comparison import SHOWN, ComparedResource, cells_of
from bulk.jobs.options import CompareOptions
from bulk.messages import Part
from bulk.resources.spec import Column, Resource, normalise


@dataclass(slots=True)
class Told:
    """Where differences go: into the file, if there is one, and the first of them into memory."""

    sink: Sink | None = None
    first: list[Difference] = field(default_factory=list)
    count: int = 0

    def take(self, one: Difference) -> None:
        """Take one in."""
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(one)
        if self.sink is not None:
            self.sink.write(cells_of(one))


@dataclass(frozen=True, slots=True)
class Tables:
    """Two files of a resource; `custom` are those of its custom fields whose kinds are known.

    Where one of them is the account, exported for this, `live` says which: beside a file only the file's columns count.
    """

    resource: Resource
    files: tuple[NamedFile, NamedFile]
    custom: Mapping[str, Column] = field(default_factory=dict)
    live: int | None = None

    def sources(self, options: CompareOptions) -> tuple[Source, Source]:
        """Both files, open."""
        first, second = (source_of(file, options, self.resource.columns) for file in self.files)
        return first, second


def source_of(file: NamedFile | Path, options: CompareOptions, columns: Sequence[Column] = ()) -> Source:
    """One file, as the options say."""
    return open_source(file, SourceOptions(options.encoding, options.delimiter, options.skip_lines), columns)


def key_of(resource: Resource, options: CompareOptions) -> str:
    """What records of a resource are matched by. Raises `UsageError` for what is no key of it."""
    offered = keys_of(resource)
    if options.key and options.key not in offered:
        takes = Part.of("takes", offered=offered)
        raise UsageError("choice_unknown", option="key", given=options.key, takes=takes)
    return options.key or natural_key(resource)


def check_ignored(ignore: Iterable[str], titles: Collection[str]) -> None:
    """Raise `UsageError` for an ignored column that no file has."""
    known = set(map(normalise, titles))
    for title in ignore:
        if normalise(title) not in known:
            raise UsageError("compare_ignored_unknown", title=title, hint=nearest_part(title, titles))


def compare_tables(
    tables: Tables, options: CompareOptions, place: Path, told: Told, progress: Callable[[int], None]
) -> ComparedResource:
    """Compare two files; each difference is told as it is found. `place` is a private folder.

    Raises `UsageError` for a file that cannot be understood, and `AccountingError` if a row were lost on the way.
    """
    resource = with_separator(tables.resource, options.separator)
    sources = tables.sources(options)
    headers = (sources[0].header, sources[1].header)
    key = key_of(resource, options)
    compared = compared_columns(resource, headers, tables.custom, key=key, ignore=options.ignore)
    beyond: tuple[str, ...] = ()
    if tables.live is not None:
        beyond = compared.only[tables.live]
        compared = replace(compared, only=((), compared.only[1]) if tables.live == 0 else (compared.only[0], ()))
    for what, titles in zip((What.COLUMN_ONLY_IN_A, What.COLUMN_ONLY_IN_B), compared.only, strict=True):
        for title in titles:
            told.take(Difference(what, resource.name, column=title))
    pairing = Pairing(sources, compared, place, by_text=options.exact, progress=progress)
    for one in pairing.differences():
        told.take(replace(one, resource=resource.name))
    if not pairing.counts.adds_up:
        raise AccountingError("compare_sums_differ", resource=resource.name, counts=str(pairing.counts))
    return ComparedResource.of(compared, pairing.counts, beyond)
