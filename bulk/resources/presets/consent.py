"""What other programs say of who may be mailed: words, flags and dates of their files, and what each comes to here.

A word that is not known is never agreement. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from bulk.resources.identity import name_key
from bulk.resources.spec import normalise


class Consent(StrEnum):
    """How a row's person stands with the program that wrote the file, the less strict first."""

    AGREED = "subscribed"
    UNCLEAR = "unclear"
    UNCONFIRMED = "unconfirmed"
    BOUNCED = "bounced"
    LEFT = "unsubscribed"


_STRICTNESS: Final = {consent: at for at, consent in enumerate(Consent)}


def strictest(said: Iterable[Consent]) -> Consent:
    """What counts of several; nothing said is agreement, since then the file is about no consent."""
    return max(said, key=_STRICTNESS.__getitem__, default=Consent.AGREED)


def strictness(consent: Consent) -> int:
    """How strict it is, the stricter the higher."""
    return _STRICTNESS[consent]


def is_title(known: str, title: str) -> bool:
    """Whether a title is one that is known; a `*` at the end of that stands for any rest."""
    wanted, given = normalise(known), normalise(title)
    return given.startswith(wanted[:-1]) if wanted.endswith("*") else given == wanted


class Says(StrEnum):
    """What a column of consent holds."""

    STATUS = "a word for how the person stands"
    OPT_IN = "yes: may be mailed; no: has left or never agreed"
    OPT_OUT = "yes, or a date: has left"
    BOUNCE = "yes, or a date: bounced"
    CONFIRMED = "no: has not confirmed"
    LEFT_WHEN = "a date or reason: has left"
    BOUNCED_WHEN = "a date or reason: bounced"
    FILE_NAME = "the name of the file that the row was in"
    ALL_LEFT = "all of such a file have left"
    ALL_BOUNCED = "all of such a file bounced"


@dataclass(frozen=True, slots=True)
class Signal:
    """A column that tells consent: its title (a `*` at the end stands for any rest), and what it holds.

    `words` are the program's own, beside those that all have in common.
    """

    title: str
    says: Says
    words: Mapping[str, Consent] = field(default_factory=dict)

    def fits(self, title: str) -> bool:
        """Whether this is the title of the column."""
        return is_title(self.title, title)

    def read(self, cell: str) -> Consent:
        """What a cell of it comes to."""
        if self.says in _OF_ALL:
            return _OF_ALL[self.says]
        if self.says is Says.FILE_NAME:
            name = normalise(cell.replace("\\", "/").rpartition("/")[2])
            return next((consent for known, consent in self.words.items() if known in name), Consent.UNCLEAR)
        word = word_of(cell)
        if self.says in _FILLED:
            return _FILLED[self.says] if word else Consent.AGREED
        for known, consent in self.words.items():
            if word_of(known) == word:
                return consent
        if not word:
            return Consent.UNCLEAR if self.says in (Says.STATUS, Says.OPT_IN) else Consent.AGREED
        return _read(self.says, word)


_OF_ALL: Final = {Says.ALL_LEFT: Consent.LEFT, Says.ALL_BOUNCED: Consent.BOUNCED}
_FILLED: Final = {Says.LEFT_WHEN: Consent.LEFT, Says.BOUNCED_WHEN: Consent.BOUNCED}
_ANSWERS: Final = {  # what yes and no come to
    Says.OPT_IN: (Consent.AGREED, Consent.LEFT),
    Says.OPT_OUT: (Consent.LEFT, Consent.AGREED),
    Says.BOUNCE: (Consent.BOUNCED, Consent.AGREED),
    Says.CONFIRMED: (Consent.AGREED, Consent.UNCONFIRMED),
}


def _read(says: Says, word: str) -> Consent:
    stands = STATUSES.get(word, Consent.UNCLEAR)
    if says is Says.STATUS:
        return stands
    yes, no = _ANSWERS[says]
    if word in YES:
        return yes
    if word in NO:
        return no
    if says in (Says.OPT_OUT, Says.BOUNCE) and _is_date(word):
        return yes  # when it was: `Abgemeldet am`
    # some programs write a status where others write yes; a kind word proves nothing where one is for opting out
    return Consent.UNCLEAR if stands is Consent.AGREED and says is not Says.OPT_IN else stands


def _is_date(word: str) -> bool:
    """Whether a word, as `word_of` gives it, is a day of any form; one of zeros is none."""
    return _DATE.search(word) is not None and any(digit in word for digit in "123456789")


def word_of(cell: str) -> str:
    """What two spellings of a word share: case, blanks, `_`, `-` and dots."""
    return re.sub(r"[\s_\-.]+", " ", name_key(cell)).strip()


# numbers apart (12.03.2024, 2024-03-12T10:00), or a year that stands beside a day or a month (March 12, 2024)
_DATE: Final = re.compile(
    r"^\d{1,4}[ /]\d{1,2}[ /]\d{1,4}(?!\d)|^(?:19|20)\d\d(?:[ /]\d{1,2})?$|^\d{1,2}[ /](?:19|20)\d\d$"
    r"|^(?:\d{1,2},? )?[^\W\d]{3,} (?:\d{1,2},? )?(?:19|20)\d\d(?!\d)"
)


def _words(text: str) -> frozenset[str]:
    return frozenset(word_of(word) for word in text.split(","))


# English, German, French, Spanish, Italian, Portuguese, Dutch
YES: Final = _words(
    "yes, y, true, t, 1, 1.0, on, x, ✓,"
    " ja, j, wahr, oui, o, vrai, si, sí, s, verdadero, sì, vero, sim, verdadeiro, waar"
)
NO: Final = _words("no, n, false, f, 0, 0.0, off, nein, falsch, non, faux, falso, não, nao, nee, onwaar")
STATUSES: Final[Mapping[str, Consent]] = {
    **dict.fromkeys(
        _words(
            "subscribed, active, confirmed, subscriber, opted in, opt in, opted-in, single opt in, double opt in,"
            " explicit, implied, permission granted, granted, mailable, aktiv, abonniert, angemeldet, bestätigt,"
            " inscrit, abonné, actif, confirmé, suscrito, activo, confirmado, iscritto, attivo, confermato, inscrito,"
            " ativo, subscrito, ingeschreven, aangemeld, actief, bevestigd"
        ),
        Consent.AGREED,
    ),
    **dict.fromkeys(
        _words(
            "unsubscribed, unsubscribe, cancelled, canceled, opted out, opt out, removed, do not mail, do_not_mail,"
            " do not contact, complained, complaint, spam, spam complaint, marked as spam, suppressed, blacklisted,"
            " blocklisted, blocked, deleted, archived, no consent, declined, revoked, withdrawn,"
            " abgemeldet, ausgetragen, gekündigt, gesperrt, désinscrit, désabonné, résilié, dado de baja,"
            " baja, cancelado, desuscrito, disiscritto, cancellato, cancelada, descadastrado, removido,"
            " uitgeschreven, afgemeld, geannuleerd"
        ),
        Consent.LEFT,
    ),
    **dict.fromkeys(
        _words(
            "bounced, bounce, hard bounce, hard bounced, soft bounced, soft bounce, cleaned, invalid, spamtrap,"
            " undeliverable, unzustellbar, zurückgewiesen, rebotado, rebote, rimbalzato, respinto, rejeté, devolvido,"
            " gebounced, onbestelbaar"
        ),
        Consent.BOUNCED,
    ),
    **dict.fromkeys(
        _words(
            "unconfirmed, pending, inactive, awaiting confirmation, not confirmed, not verified, unverified,"
            " never subscribed, not subscribed, no suscrito, nonsubscribed, transactional, unbestätigt, inaktiv,"
            " non confirmé, en attente, inactif, sin confirmar,"
            " no confirmado, pendiente, inactivo, non confermato, in attesa, inattivo, não confirmado, pendente,"
            " inativo, onbevestigd, inactief, in afwachting"
        ),
        Consent.UNCONFIRMED,
    ),
}
