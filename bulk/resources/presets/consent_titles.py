"""Titles that may tell who must not be mailed, in seven languages. Pure.

Rather one too many: a column that is asked about is left out by one option, and one that is not asked about subscribes
who has left.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from bulk.resources.identity import loose_key


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_LONG: Final = 100  # letters of what is no title but a cell, mostly
_WORD: Final = re.compile(r"[a-z]+")
_HUMP: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")

# English, German, French, Spanish, Italian, Portuguese, Dutch
# parts of titles, without accents, blanks and signs, that speak of nothing else
_PARTS: Final = re.compile(
    r"optin|optout|optedin|optedout|unsub|subscri|consen[ts]|gdpr|dsgvo|rgpd|lgpd|bounce|blacklist|blocklist|blocked"
    r"|suppress|do?e?snotmail|do(?:not|nt)(?:e?mail|contact|market|send)"
    r"|accepts?(?:e?mail)?marketing|acceptse?mail|emailmarketing|permission|permiso|permesso|newsletter|mailinglist"
    r"|spam|complain|robinson|undeliver|cleaned$|deceased"
    # German
    r"|abgemeld|abmeld|abbestell|abonn|austritt|ausgetr|kundig|sperr|blockiert|mailwerb|keinewerb|postwerb|widerspr"
    r"|widerruf|einwillig|zustimm|zustellb|unzustell|keinkontakt|keinemail|kontaktverbot|nicht(?:kontakt|mail|ansch)"
    r"|erlaub|verstorben|beschwerde|rucklaufer"
    # French
    r"|desinscri|desabonn|resilie(?!n)|resiliation|(?:ne|pas)contact|nepas|pasde(?:mail|pub|contact)|refus|opposition|oppose|autoris"
    r"|publicite|plainte|decede"
    # Spanish, Portuguese, Italian
    r"|(?:de)?suscri|disiscri|darsedebaja|dadodebaja|rebot|revoca|bloquead|bloccat|autoriz|publicid|pubblicit|descadastr"
    r"|removid|(?:no|nao|non)(?:contat|contact|contatt|enviar|inviare|molest|perturb|disturb|desea|deseja|vuole)"
    r"|cancelou|devolvid|respint|rimbalz|disdett|recesso|permissao|reclamacion|fallecid|falecid|deceduto"
    # Dutch
    r"|toestemm|afgemeld|afmeld|uitgeschre|uitschrij|opgezegd|opzegg|gemail|niet(?:mail|benader|contact)|geen(?:mail|con"
    r"tact|reclame)|bezwaar|akkoord|geblokk|onbestel|ingetrokken|overleden"
)
# words that speak of it as they stand
_WORDS: Final = _set(
    "baja bajas inscrit inscrite inscrits inscrito inscrita iscritto iscritta iscritti ingeschreven aangemeld "
    "darf werbung werbesperre dnc dnm doi npai nomail nomails noemail noemails nocontact nomailing"
)
# words that speak of it where a title holds nothing else but what says whose, or when
_ALONE: Final = _set(
    "status statut etat estado stato situacao situacion situation situazione zustand toestand valid invalid "
    "gultig ungultig valide invalide valido valida invalido invalida geldig ongeldig verified unverified "
    "verifiziert verifie verifiee verificado verificada verificato verificata geverifieerd confirmed "
    "unconfirmed confirm confirmation bestatigt unbestatigt confirme confirmado confirmada confermato "
    "confermata bevestigd onbevestigd active inactive aktiv inaktiv actif inactif activo activa inactivo "
    "inactiva attivo attiva inattivo ativo ativa inativo inativa actief inactief enabled disabled deaktiviert "
    "deleted geloscht supprime supprimee eliminado eliminada eliminato apagado excluido excluida verwijderd "
    "gewist removed entfernt archived archiviert archive archivado archiviato cancelled canceled annule "
    "annulee cancelado cancelada cancellato cancellata cancellazione annullato geannuleerd storniert "
    "annulliert marketing privacy datenschutz confidentialite privacidad privacidade advertising promotions "
    "promo reklame reclame pub mailable emailable contactable reachable kontaktierbar erreichbar joignable "
    "contactabile mailen agreed agrees agree agreement granted refused declined rejected revoked withdrawn "
    "objected objection accept accepts accepted acepta acepto aceptado accetta accettato aceita aceito aceite "
    "accepte akzeptiert accord accordo acuerdo acordo ok okay okey allowed permitted authorized authorised "
    "authorization left leaver exit gone quit cancel leave inscricao inscripcion iscrizione abgelehnt"
)
_BESIDE: Final = _set(
    "e email emails mail mails mailing mailings emailing courriel correo kontakt kontakte contact contacts "
    "contacto contatto contato member members mitglied subscriber subscription list liste lista lijst user "
    "person people account is ist est es am on at in um date datum data fecha since seit le la il el lo the "
    "de del da do di per by via for fur pour para voor has hat was been current aktuell my address adresse "
    "adres direccion indirizzo endereco flag kein keine geen not no nicht pas niet nao i a o y und and et"
)
_NOT: Final = _set("no kein keine geen pas nicht niet non nao ne")  # first in a title
_MAIL: Final = _set(
    "email emails mail mails mailing mailings kontakt contact contacto contatto contato marketing post advertising pub"
)
_STATUS: Final = re.compile(
    r"^(?:e?mail|subscription|subscriber|list|member|contact|marketing|mailing|account)?(?:status|statut|etat|estado|stato)$"
)


def looks_like_consent(title: str) -> bool:
    """Whether a column that is not known may tell who may be mailed."""
    return speaks_of_consent(title) or may_speak_of_consent(title)


def speaks_of_consent(title: str) -> bool:
    """Whether a title speaks of who may be mailed, and of nothing else as far as words tell."""
    return (_speaks if len(title) <= _LONG else _speaks.__wrapped__)(title)


def may_speak_of_consent(title: str) -> bool:
    """Whether a title may speak of that as well as of something else: `Active`, `Valid`, `Marketing`."""
    return bool(doubtful_words(title)) and set(words_of(title)) <= _ALONE | _BESIDE


def doubtful_words(title: str) -> set[str]:
    """The words of a title that may speak of consent, whatever stands beside them."""
    return set(words_of(title)) & _ALONE


def words_of(title: str) -> list[str]:
    """The words of a title, without accents; `emailStatus` are two."""
    return _WORD.findall(loose_key(_HUMP.sub(" ", title[: 10 * _LONG])))


@lru_cache(maxsize=4096)
def _speaks(title: str) -> bool:
    words = words_of(title)
    joined = "".join(words)
    return bool(_PARTS.search(joined) or _STATUS.search(joined) or not _WORDS.isdisjoint(words)) or (
        words[:1] != [] and words[0] in _NOT and not _MAIL.isdisjoint(words[1:])
    )
