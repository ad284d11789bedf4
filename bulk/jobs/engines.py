"""By which engine the rows of a job go: one request a step, or many contacts a request; and what each would take.

Which is faster is known only from all rows beside what the account holds of them, so they are looked at once more.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bulk.engine.quota import BATCHES, MARGIN, MINUTE
from bulk.engine.reading_pace import places
from bulk.errors import UsageError
from bulk.jobs.batch_rows import Candidate, candidates, may_be_batched, packed
from bulk.jobs.choices import BATCH, SINGLE
from bulk.jobs.import_job import Job
from bulk.jobs.prepared import Prepared
from bulk.model import Failure
from bulk.planning.batch.packing import FEWEST
from bulk.planning.consent import STANDINGS
from bulk.planning.pages.ends import PAGE
from bulk.planning.writers import Known
from bulk.storage import facts
from bulk.wording import FrontEnd, agreeing, counted, duration, in_words_of

_BATCHES_A_SECOND: Final = BATCHES / (MINUTE + MARGIN)
_SETTLING: Final = 10.0  # seconds until the last batch is done and read back
_WORTH: Final = 0.8  # of the time of single requests, below which batches are worth it ...
_SHORT: Final = 60.0  # seconds, and up to which nobody minds that time


@dataclass(slots=True)
class Batching:
    """What batches would take: so many `rows` of the job in so many `batches`, and requests `instead` of single ones.

    `looks` of the batches are asked for, since what they change cannot be read as what is new. `standing` of the rows
    subscribe somebody who is there, and how they stand is read before; so many rows are `subscribing` at all.
    """

    rows: int = 0
    batches: int = 0
    instead: int = 0
    looks: int = 0
    standing: int = 0
    subscribing: int = 0

    @property
    def requests(self) -> int:
        """Those of the batches: each is sent, some are asked for, and its contacts are read back."""
        return self.batches + self.looks + math.ceil(self.rows / PAGE) + math.ceil(self.standing / PAGE)


@dataclass(frozen=True, slots=True)
class Choice:
    """The engine of a job: `batching` None, one request a step. Requests and seconds of both ways."""

    batching: Batching | None
    requests: int
    seconds: float
    single_requests: int
    single_seconds: float
    automations: bool = True  # whether anybody may enter one
    again: bool = False  # whether rows that went in a batch, and were not done by it, go in another

    def describe(self, front_end: FrontEnd) -> str:
        """The line that a user sees before the job, where there was a choice."""
        if self.batching is None:
            return ""
        rows, batches = self.batching.rows, self.batching.batches
        said = (
            f"{counted(rows, 'row')} {agreeing(rows, 'goes', 'go')} in {batches:,}"
            f" {agreeing(batches, 'batch', 'batches')} by ActiveCampaign's importer"
        )
        if not self.automations:
            return f"{said}; nobody enters an automation by that."
        if not self.single_seconds:  # no limit
            return f"{said}."
        return in_words_of(front_end, f"{said}; ⟦engine=single⟧ would take about {duration(self.single_seconds)}.")


def check_engine(job: Job, prepared: Prepared) -> None:
    """Raise `UsageError` where automations are to be held back, and the rows cannot go by what alone does that."""
    options = job.options
    if options.no_automations and (job.applies or not may_be_batched(prepared, options.on_duplicate)):
        raise UsageError("automations_not_held_back")


def chosen(job: Job, prepared: Prepared, needed: int) -> Choice:
    """Which engine the job goes by, as the user asked, else by what is faster.

    `needed` are the requests that it takes one a step.
    """
    options, rate = job.options, job.options.rate or math.inf
    single = Choice(None, needed, needed / rate, needed, needed / rate)
    if options.engine == SINGLE or job.applies:
        return single
    asked = options.engine == BATCH or options.no_automations
    if not asked and single.seconds <= _SHORT:  # so there is nothing to look for
        return single
    by_batches = in_batches(job, prepared, needed)
    if by_batches is None or not (asked or by_batches.seconds < _WORTH * single.seconds):
        return single
    return by_batches


def no_batch(job: Job) -> str:
    """The line that a user sees who has asked for batches where there are none."""
    if job.options.engine != BATCH:
        return ""
    if job.resumed and not job.applies:  # what is left of it may be few, or has been in batches
        return ""
    if job.applies:
        said = "⟦engine=batch⟧: what a plan says is carried out one request a step."
    else:
        said = (
            f"⟦engine=batch⟧: fewer than {FEWEST} of these rows can go in a batch, so all go one request a step. It"
            " takes contacts by their addresses that are new or get something: ⟦mode=upsert⟧, ⟦key=email⟧."
        )
    return in_words_of(job.setting.front_end, said)


def in_batches(job: Job, prepared: Prepared, needed: int) -> Choice | None:
    """What the job takes with as much of it in batches as can be; None if nothing can."""
    options, rate = job.options, job.options.rate or math.inf
    if not may_be_batched(prepared, options.on_duplicate):
        return None
    fewest = 1 if options.no_automations else FEWEST
    again = job.retry and options.no_automations  # else they go one request a step
    batching = _counted(candidates(prepared, job.checkpoint, again=again), prepared, fewest)
    sure = job.checkpoint.fact(facts.HIGHEST) is not None  # then who is made is not asked for how they stand
    standing = batching.standing if sure else batching.subscribing
    instead = batching.instead + math.ceil(standing / places(rate, STANDINGS.most))
    requests = needed - instead + batching.requests
    if not batching.batches:
        return None
    seconds = max(requests / rate, batching.batches / _BATCHES_A_SECOND) + _SETTLING
    return Choice(batching, requests, seconds, needed, needed / rate, not options.no_automations, again)


def _counted(rows: Iterator[Candidate], prepared: Prepared, fewest: int) -> Batching:
    """What batches would take, by a look at every row."""
    result = Batching()

    def each() -> Iterator[Candidate]:
        for candidate in rows:
            state = candidate.state
            known = Known(state, fresh=True, absent=state is None)
            estimated = prepared.writer.estimate(prepared.writer.own(candidate.row, known), known)
            result.instead += 1 if isinstance(estimated, Failure) else estimated.requests
            result.standing += state is not None and candidate.entry.subscribes
            result.subscribing += candidate.entry.subscribes
            yield candidate

    for pack in packed(each(), fewest=fewest):
        result.rows += len(pack)
        result.batches += 1
        result.looks += any(one.state is not None for one in pack)
    result.instead += math.ceil(result.rows / PAGE)  # to be read back
    return result
