"""What is said of a file once it was checked: what was read of its titles, what was passed over and left out."""

from __future__ import annotations

from bulk.files.adapted import Adapted
from bulk.files.adapted_told import remarks_on
from bulk.files.check import Tally
from bulk.files.examples import remarks_on_examples
from bulk.files.joined import Joined
from bulk.files.matching import Match
from bulk.files.source import Source
from bulk.wording import counted


def remarks_on_file(match: Match, tally: Tally, source: Source) -> list[str]:
    """What was passed over in a file, so that nothing is left out in silence."""
    lines = []
    differ = source.seen.width - len(source.header)
    if differ > 0:
        lines.append(f"Each row ends in {counted(differ, 'cell')} more than the header, all empty: left out.")
    elif differ < 0:
        lines.append(f"The header ends in {counted(-differ, 'column')} without a name that no row has: left out.")
    if isinstance(source, Joined):
        for name, member, own in zip(source.names, source.members, source.matches, strict=True):
            lines += [f"{name}: {line}" for line in _remarks_on_table(member, own)]
    else:
        lines += _remarks_on_table(source, match)
    if match.passed_over:
        lines.append(f"Set by ActiveCampaign, passed over: {', '.join(match.passed_over)}")
    if tally.trimmed:
        lines.append(f"Blanks around {match.key_title} are left out in {counted(tally.trimmed, 'row')}.")
    if tally.blank:
        lines.append(f"Passed over: {counted(tally.blank, 'blank row')}.")
    return lines


def _remarks_on_table(source: Source, match: Match) -> list[str]:
    lines = []
    if match.read_as:
        lines.append("Read as: " + ", ".join(f"{title} = {attribute}" for title, attribute in match.read_as.items()))
    if isinstance(source, Adapted):
        lines += [*remarks_on(source, match), *remarks_on_examples(source.examples)]
    return lines
