"""The frozen values that cross borders between rooms. No behaviour beyond what each value says of itself.

A row's way: `Row` -> flow -> `Request` -> `Reply | Lost` -> `Verdict` -> `Receipt` -> `Outcome`.
"""

# long: the values that the rooms hand on to each other, each of them short

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Self

Json = Any  # a JSON body: the only dicts that cross a border
Test = Callable[[Json], bool]
OUTSIDE: Final = (
    1 << 40
)  # rows that the file does not have are numbered from here on: those of its export, deleted in it
FILE_ROWS: Final = 1 << 31  # of several tables in one file, the rows of each are numbered from a multiple of it on
ALL: Final = "*"  # in `Request.says`: a test of all records of a list together


def fits(value: Json, wanted: Json | Test) -> bool:
    """Whether a value passes a test, or says what is wanted."""
    try:
        return bool(wanted(value)) if callable(wanted) else str(value) == str(wanted)
    except (LookupError, TypeError, ValueError, AttributeError):
        return False


@dataclass(frozen=True, slots=True)
class Before:
    """What the edited cells of a row held in the export that it was made from, by attribute.

    `refused` are edits of it that nothing can bring about.
    """

    cells: Mapping[str, str]
    refused: tuple[Failure, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One record of an input file.

    `number` is the row a spreadsheet shows (the header is row 1). `values` maps the attribute of each mapped
    column to the cell's text as it was read. `key` identifies the record (contacts:
    the e-mail address as `identity.address_key` has it).
    `id` is what a column of the records' own ids says, "" without one; it is the key only where that was asked for.
    `before`: `values` are edits alone, of an export's row, and `id` is the key; None of any other row. `called` is what
    a person knows the record by, where the key is not that.
    """

    number: int
    key: str
    values: Mapping[str, str]
    id: str = ""
    before: Before | None = None
    called: str = ""
    consent: str = ""

    @property
    def is_missing(self) -> bool:
        """Whether it is a row of the export that the file has no more, whose record is to be deleted."""
        return is_missing(self.number)


def is_missing(number: int) -> bool:
    """Whether a number is that of a row which the file does not have."""
    return number >= OUTSIDE


def place_of(number: int) -> tuple[int, int]:
    """Which table of its file a row stands in, counted from 0, and its number there, as a spreadsheet shows it."""
    return divmod(number, FILE_ROWS)


def number_told(number: int) -> str:
    """The number of a row as people see it, within its table; "" of a row that the file does not have."""
    return "" if is_missing(number) else str(place_of(number)[1])


@dataclass(frozen=True, slots=True)
class Issue:
    """A breach of the schema by one row; the row is rejected, never sent.

    `column` is the CSV header as read, "" when the whole row is meant. `value` is shortened.
    `code` is stable: scripts may match on it.
    """

    row: int
    column: str
    value: str
    code: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How a contact stood when it was read: `lists`, list id -> status; `left`, list id -> when, as the API says it.

    `bounced`: the address bounced for good. `erased`: the contact was deleted or made anonymous. `email` "": not told.
    """

    lists: Mapping[str, str]
    left: Mapping[str, str] = field(default_factory=dict)
    bounced: bool = False
    erased: bool = False
    email: str = ""


@dataclass(frozen=True, slots=True)
class Readings:
    """How it is read how contacts stand: `one` by its id, or up to `most` together.

    The data of their receipts is id -> `Standing`, of those whom the answer tells.
    """

    one: Callable[[str], Request]
    many: Callable[[Sequence[str]], Request]
    most: int


@dataclass(frozen=True, slots=True)
class Admission:
    """What has to be known, and freshly, before a request leaves: how its `contact` stands, by which `readings`.

    `decide` says what follows from that: the request to send, a `Failure` where it may not be sent, None where it is
    already so. `made_by` is the step of the same row that made the contact, "" if none did: its answer is a reading.
    """

    contact: str
    readings: Readings
    decide: Callable[[Standing], Request | Failure | None]
    made_by: str = ""


class Aspect(StrEnum):
    """What of a record an edit is about, and what stands before and after it.

    `VALUE`: an attribute or a custom field (`field:12`), as JSON. `TAG`, `AUTOMATION`: whether it is there. `LIST`:
    the status. `ACCOUNT`: what the contact is there, None if it is not in it. `BESIDE`: options or stages that are
    added to it. `RECORD`: all that is kept of the record, None if there is none.
    """

    RECORD = "record"
    VALUE = "value"
    TAG = "tag"
    LIST = "list"
    ACCOUNT = "account"
    AUTOMATION = "automation"
    BESIDE = "beside"


@dataclass(frozen=True, slots=True)
class Edit:
    """One thing that a change sets of a record.

    `of` is the attribute, or the id of the tag, list or account: "" if that has to be made yet. `name` is what it is
    called, where it has a name.
    """

    aspect: Aspect
    of: str
    before: Json
    after: Json
    name: str = ""

    def to_json(self) -> Json:
        """The edit as JSON, to be written down."""
        return [self.aspect.value, self.of, self.before, self.after, self.name]

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """The inverse of `to_json`."""
        aspect, *rest = data
        return cls(Aspect(aspect), *rest)


@dataclass(frozen=True, slots=True)
class Edits:
    """What one request changes of a record that is there: its id, and each thing with what was there before.

    `made`: the row itself makes the record, so nothing was there; `record` is "" where the request makes it.
    """

    record: str
    each: tuple[Edit, ...]
    made: bool = False


# wide: a request and all that is promised of it, one attribute each; most have a default
@dataclass(frozen=True, slots=True)
class Request:
    """One API call of a row's flow, before it is sent.

    `step` names it within its row and is stable across re-planning: receipts are found again by it.
    `path` is below `/api/3/`. `repeatable`: sending it twice has the effect of sending it once.
    `keep` picks from the reply's JSON body what the flow needs; only that is written down. `keep_refused` does so of a
    refusal, for a flow that goes on by what it says; where it finds nothing the refusal stays one.
    `absent_is_done`: that there is no such record means that what was asked for is already so (a repeated delete).
    `expects`: the key that a sound 2xx body holds, of a record, of records, or of one of the values that `confirm`
    knows; without it the reply counts as damaged.
    `says`: what the record under that key, or each record of a list, must say where it has the attribute: a value,
    compared as text, or a test. An answer that says otherwise is none to this request.
    `searches`: the server finds the record by what the body says of it. An answer that speaks of another one may mean
    that another one was changed, so it is not repeated.
    `optional`: the job can do without; the API's own 403 or 404 refuses this request, and not the key.
    `admission`: what it may not leave without. `leave_within`: seconds in which it leaves this machine,
    or it is not sent at all: what it was let through by would be too old. `may_leave` is asked last of all, when its
    connection is made: it may take a while, and False is that it is not sent.
    `edits`: what it changes of a record that is there; None where it is not known what was there before.
    `soon_after`: how steps of the same task begin, and within how many seconds after the first of them was sent this
    one leaves, or not at all: its receipt is then a `LATE` refusal.
    `limits`: names of limits that it counts against beside the account's own; it starts when all of them let it. Not
    together with `admission`.
    """

    step: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Json = None
    repeatable: bool = True
    keep: Callable[[Json], Json] = field(default=lambda _body: None)
    keep_refused: Callable[[Json], Json] = field(default=lambda _body: None)
    absent_is_done: bool = False
    expects: str = ""
    says: Mapping[str, Json | Test] = field(default_factory=dict)
    searches: bool = False
    optional: bool = False
    admission: Admission | None = None
    leave_within: float | None = None
    may_leave: Callable[[], Awaitable[bool]] | None = None
    edits: Edits | None = None
    soon_after: tuple[str, float] | None = None
    limits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wait:
    """A pause in a row's flow, yielded among its requests: nothing is sent, and nothing counts as in flight.

    `step` names it within its row, as that of a request does. After `seconds` its receipt comes, an accepted one
    without data and attempts, which is not written down. So a wait proves nothing: on a resume it may begin again, or
    be left out where a later step of the row is known already. What has become of things is to be read.
    """

    step: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered.

    `body` is the parsed JSON, or None with the reason in `damage` ("empty", "cut off", ...). `retry_after` is
    in seconds from arrival. `text` is the beginning of a body that is no JSON. `redacted`: the body held the key, where
    `***` stands now. `compared`: a sound body was held against its request, and `damage` says whether it answers that.
    `waited`: seconds from its first byte until it was read, which say nothing of the line.
    """

    status: int
    body: Json = None
    damage: str = ""
    retry_after: float | None = None
    text: str = ""
    redacted: bool = False
    compared: bool = field(default=False, compare=False)
    waited: float = field(default=0.0, compare=False)


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer came. `sent` is False only when the request surely never left (connection refused, DNS)."""

    reason: str
    sent: bool = True


class Verdict(StrEnum):
    """What a reply means for its request."""

    ACCEPT = "accept"
    REJECT = "reject"  # the API refuses this request; repeating it will not help
    RETRY = "retry"  # not done, or done and repeatable: send again after a back-off
    PAUSE = "pause"  # over the limit: nobody sends for a while, then this one again; never a row's fault
    ABORT = "abort"  # key or connection refused: the job stops
    IN_DOUBT = "in_doubt"  # may have been applied and may not be repeated: settle by reading


@dataclass(frozen=True, slots=True)
class Receipt:
    """How one step of a row ended, as it is written down and as the flow is told.

    `verdict` is ACCEPT, REJECT or IN_DOUBT. `data` is what `Request.keep` picked, of a refusal
    `Request.keep_refused`. `code` and `error` speak of a step
    that was not accepted, in the API's own words where it had any. `attempts` counts the sends that may have been
    carried out: one that never left is none, nor one that the limit refused.
    """

    step: str
    verdict: Verdict
    status: int = 0
    data: Json = None
    code: str = ""
    error: str = ""
    attempts: int = 1

    @property
    def ok(self) -> bool:
        """Whether the API confirmed the step."""
        return self.verdict is Verdict.ACCEPT

    @property
    def was_so(self) -> bool:
        """Whether it was so before it was asked for: what was to be deleted was gone, and no send of ours did that."""
        return self.ok and self.status >= 400 and self.attempts == 1

    @property
    def from_before(self) -> bool:
        """Whether it speaks of a send in an earlier run that was never answered: in this run nothing was sent."""
        return self.error == CUT_OFF


ANOTHER_RECORD: Final = "another_record"  # the code of a step whose answers spoke of some other record
LATE: Final = "late"  # the code of a step that was not sent, because what it goes by was too old by then
CUT_OFF: Final = "The job was cut off before the answer came."


class RowStatus(StrEnum):
    """How a row ended. Every row read has exactly one of these."""

    SUCCEEDED = "succeeded"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"  # never sent
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    SKIPPED = "skipped"  # set aside by the user's own choice
    UNPROCESSED = "unprocessed"  # not ended, begun or not; the job is unfinished


ENDED_BADLY: Final = (RowStatus.REJECTED, RowStatus.FAILED, RowStatus.IN_DOUBT)  # of them something is not done
LEFT: Final = (*ENDED_BADLY, RowStatus.UNPROCESSED)  # the statuses of rows that are not done
REFUSED_AGAIN: Final = (  # codes of rows that would fail of the same if they were only sent again
    "opted_out", "bounced", "unconfirmed", "unclear", "excluded", "duplicate", "conflict", "changed_meanwhile",
    "changed_since",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Failure:
    """One step of a row that was not done, or was refused before it was sent."""

    step: str
    code: str
    error: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a row's flow ended. `action` is created, updated, unchanged or deleted; `id` ActiveCampaign's id or "".

    `wants` is what was acknowledged and has to be found so when it is read back, as `planning.differences` says. `made`
    is the id of a link that it has made whose answer was lost, found by a look at the account.
    """

    status: RowStatus
    action: str = ""
    id: str = ""
    failures: tuple[Failure, ...] = ()
    wants: Json = field(default=None, compare=False)
    made: str = field(default="", compare=False)


# A flow yields the requests (and waits) that do not need each other, together, and is sent their receipts in order.
# It is deterministic: fed the receipts written down earlier, it stands exactly where it stopped.
Flow = Generator[tuple[Request | Wait, ...], tuple[Receipt, ...], Outcome]
