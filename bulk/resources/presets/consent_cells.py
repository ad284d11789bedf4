"""Cells that may tell who must not be mailed, whatever their column is called. Pure.

The second net, below that of the titles: it is asked where a job subscribes anybody, of columns that nothing else uses.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from bulk.resources.presets.consent import NO, STATUSES, YES, word_of
from bulk.resources.presets.consent_titles import doubtful_words, words_of


def _set(words: str) -> frozenset[str]:
    return frozenset(map(word_of, words.split(",")))


# statuses that orders, accounts and tasks have as well: alone they tell nothing
_ALSO_OF_OTHERS: Final = _set(
    "active, confirmed, granted, explicit, implied, cancelled, canceled, removed, blocked, deleted, archived, "
    "declined, revoked, withdrawn, complaint, invalid, pending, inactive, not verified, unverified, not "
    "confirmed, unconfirmed, transactional, aktiv, bestätigt, gekündigt, gesperrt, zurückgewiesen, inaktiv, "
    "unbestätigt, actif, confirmé, résilié, rejeté, inactif, non confirmé, en attente, activo, confirmado, "
    "cancelado, inactivo, pendiente, sin confirmar, no confirmado, attivo, confermato, cancellato, cancelada, "
    "respinto, inattivo, non confermato, in attesa, ativo, removido, devolvido, inativo, pendente, não "
    "confirmado, actief, bevestigd, geannuleerd, inactief, onbevestigd, in afwachting, cleaned, baja"
)
_STATED: Final = STATUSES.keys() - _ALSO_OF_OTHERS  # one of these is enough
_MORE_STATUSES: Final = _set(
    "valid, verified, ok, left, gone, agreed, refused, enabled, disabled, gültig, ungültig, gelöscht, "
    "abgelehnt, valide, invalide, supprimé, refusé, válido, inválido, eliminado, rechazado, valido, invalido, "
    "eliminato, rifiutato, excluído, apagado, recusado, geldig, ongeldig, verwijderd, geweigerd, risky, catch "
    "all, unsubscribed by admin"
)
_NOTHING: Final = _set("-,?,n/a,na,none,null,unknown,unbekannt,inconnu,desconocido,onbekend")
# Yes and no are of anything. They are asked about all the same, since a column of them below a title that no list of
# words knows is how small programs write an opt-out; not below titles that are plainly about something else, and say
# nothing besides that might be about consent (`Customer active`).
_OF_SOMETHING_ELSE: Final = re.compile(
    r"^(?:vip|customers?|kunden?|clients?|clientes?|clienti|klant|klanten|buyers?|prospects?|leads?|paid|bezahlt|paye|pagado"
    r"|pagato|pago|betaald|tax|vat|steuer|exempt|gender|sex|geschlecht|sexe|sexo|sesso|geslacht|married|verheiratet"
    r"|children|kinder|kids|pets?|dogs?|cats?|cars?|auto|haustiere?|student|students|smoker|raucher|veg[a-z]*|parking"
    r"|attend[a-z]*|checked|checkin|teilnahme|teilnehmer|premium|admin|test|tester|shipped|shipping|delivered|gift|gifts"
    r"|staff|employee|mitarbeiter|owner|homeowner|sponsor|donor|spender|volunteer|speaker|press|presse|reseller|partner"
    r"|supplier|lieferant|vendor|company|firma|business|decision|invoice|rechnung|sms|whatsapp|phone|telefon|call|fax"
    r"|orders?|quantity|count|number|anzahl|nombre|visits?|points?|punkte|score|rating|age|alter|adult|catalog[a-z]*"
    r"|katalog|print|post|account|login|registered|loyalty|card|karte|app|android|ios|mobile|trial|subsidy|license)$"
)


def cells_may_tell(title: str, values: Collection[str]) -> bool:
    """Whether the cells below a title may say who must not be mailed: `values` are the different ones of some rows."""
    words = {word_of(value) for value in values} - _NOTHING - {""}
    if not words:
        return False
    if words & _STATED:
        return True
    answers = YES | NO
    if words <= STATUSES.keys() | _MORE_STATUSES | answers and not words <= answers:
        return True
    return words <= answers and not (_is_of_something_else(title) and not doubtful_words(title))


def says_of_consent(values: Collection[str]) -> bool:
    """Whether one of some cells is a word that is about nothing but consent."""
    return bool({word_of(value) for value in values} & _STATED)


def _is_of_something_else(title: str) -> bool:
    return any(_OF_SOMETHING_ELSE.match(word) for word in words_of(title))
