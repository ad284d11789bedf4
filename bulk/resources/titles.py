"""What people call the columns of contacts, accounts and deals: in English, German, French, Spanish, Italian,
Portuguese and Dutch. Data only.

A column of such a title is read without being asked about, so none stands here that might mean something else, and
none that might tell who may be mailed: a wrong column is worse than a question.
"""  # noqa: D205 - the languages are one line too many

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from bulk.resources.identity import loose_key

# what does not make another title of one; the last three are curly and slanted apostrophes
_NOTHING: Final = str.maketrans(dict.fromkeys("_-.:*'`\"()\u2019\u2018\u00b4"))


_LONG: Final = 100  # letters of what is no title but a cell, mostly


@dataclass(frozen=True, slots=True)
class Titles:
    """The titles that people give to a column.

    `own` are read by themselves. `beside` are too, but only in a file that feeds the attribute `partner`: a French
    `Nom` is the last name beside a `Prénom`, and anything by itself. `rivals` are columns that may be meant as well
    (`Work phone`): suggested, never read by themselves, and where one is, none of them is.
    Nor is one where another title holds one of the `words`.
    """

    own: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    partner: str = ""
    rivals: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


NO_TITLES: Final = Titles()


def title_key(title: str) -> str:
    """What two spellings of one title share: case, blanks, accents, `_`, `-`, dots, and what is invisible."""
    return _short_key(title) if len(title) <= _LONG else _key(title)


@lru_cache(maxsize=4096)
def _short_key(title: str) -> str:
    return _key(title)  # each job asks for that of every title there is


def _key(title: str) -> str:
    return "".join(loose_key(title).translate(_NOTHING).split())


EMAIL: Final = Titles(
    own=(
        "E-Mail", "E-Mail Address", "Email Addr", "Mail", "Mail Address", "Primary Email",
        "Primary Email Address", "Contact Email", "Contact Email Address", "Your Email", "Your Email Address",
        "E-Mail-Adresse", "E-Mailadresse", "Mailadresse", "Ihre E-Mail", "Ihre E-Mail-Adresse", "Deine E-Mail",
        "Adresse e-mail", "Adresse mail", "Adresse de messagerie", "Adresse de courriel", "Adresse courriel",
        "Adresse électronique", "Courriel", "Courrier électronique", "Votre e-mail", "Votre adresse e-mail",
        "Correo", "Correo electrónico", "Dirección de correo electrónico", "Dirección de correo", "Dirección de email",
        "Dirección e-mail", "Correo-e", "Cuenta de correo", "Su correo electrónico", "Tu correo electrónico",
        "Indirizzo e-mail", "Indirizzo mail", "Indirizzo di posta elettronica", "Indirizzo di posta", "Indirizzo email",
        "Posta elettronica", "La tua e-mail", "Recapito e-mail",
        "Endereço de e-mail", "Endereço e-mail", "Endereço de correio eletrónico", "Endereço de correio eletrônico",
        "Endereço eletrônico", "Endereço eletrónico", "Correio eletrónico", "Correio eletrônico", "Correio electrónico",
        "Seu e-mail", "O seu e-mail",
        "E-mailadres", "Mailadres", "E-mail adres", "Uw e-mailadres", "Jouw e-mailadres",
    ),
    rivals=(
        "Email 1", "Email 2", "Secondary Email", "Alternate Email", "Alternative Email", "Other Email", "Work Email",
        "Business Email", "Personal Email", "Private Email", "Home Email", "Email Personal", "Email Work",
        "Email Private", "Additional Email", "Second Email", "Backup Email", "Recovery Email", "Email (work)",
        "Email (home)", "Email Address 2", "Email Address 1", "Company Email", "Office Email", "Email ID",
        "Private E-Mail", "Geschäftliche E-Mail", "E-Mail privat", "E-Mail geschäftlich", "E-Mail 2", "Weitere E-Mail",
        "Zweite E-Mail", "E-mail professionnel", "E-mail personnel", "E-mail secondaire", "E-mail pro", "E-mail perso",
        "Correo personal", "Correo de trabajo", "Correo secundario", "Correo alternativo", "Correo electrónico 2",
        "E-mail personale", "E-mail aziendale", "E-mail lavoro", "E-mail secondaria",
        "E-mail pessoal", "E-mail profissional", "E-mail secundário", "E-mail alternativo", "E-mail comercial",
        "E-mail werk", "E-mail privé", "Zakelijk e-mailadres", "Privé e-mailadres", "Tweede e-mailadres",
    ),
)  # fmt: skip

FIRST_NAME: Final = Titles(
    own=(
        "Given Name", "Given Names", "Forename", "Forenames", "Fore name", "FName", "First Names",
        "Christian Name", "Name (First)", "Contact First Name", "Your First Name",
        "Vorname", "Vornamen", "Vorname(n)", "Rufname", "Ihr Vorname", "Dein Vorname",
        "Prénom", "Prénoms", "Prénom(s)", "Votre prénom",
        "Nombre de pila", "Primer nombre", "Nombres",
        "Nome di battesimo", "Nome proprio", "Nome próprio", "Primeiro nome", "Nome de batismo",
        "Voornaam", "Voornamen", "Roepnaam", "Uw voornaam",
    ),
    beside=("First", "Nombre", "Nome"),
    partner="lastName",
)  # fmt: skip

LAST_NAME: Final = Titles(
    own=(
        "Surname", "Family Name", "LName", "Last Names", "Surnames", "Name (Last)",
        "Contact Last Name", "Your Last Name",
        "Nachname", "Nachnamen", "Familienname", "Zuname", "Ihr Nachname", "Dein Nachname",
        "Nom de famille", "Patronyme", "Votre nom de famille",
        "Apellido", "Apellidos", "Apellido(s)", "Primer apellido", "Apellido paterno",
        "Cognome", "Cognomi",
        "Sobrenome", "Sobrenomes", "Último nome", "Nome de família",
        "Achternaam", "Achternamen", "Familienaam", "Uw achternaam",
    ),
    beside=("Last", "Nom"),
    partner="firstName",
    rivals=("Second Name", "Apelido", "Apelidos"),
)  # fmt: skip

PHONE: Final = Titles(
    own=(
        "Phone Number", "Phone No", "Phone Nr", "Phone #", "Phone Num", "Telephone", "Telephone Number", "Telephone No",
        "Tel", "Tel No", "Tel Number", "Primary Phone", "Primary Phone Number", "Contact Phone",
        "Contact Phone Number", "Your Phone", "Your Phone Number",
        "Mobile", "Mobile Phone", "Mobile Number", "Mobile Phone Number", "Mobile No", "Cell", "Cell Phone",
        "Cellphone", "Cell Number", "Cell Phone Number", "Cellular", "GSM",
        "Telefon", "Telefonnummer", "Telefonnr", "Telefon-Nr", "Telefon Nr", "Tel-Nr", "Rufnummer", "Fon", "Handy",
        "Handynummer", "Handynr", "Handy-Nr", "Mobil", "Mobilnummer", "Mobilfunknummer", "Mobiltelefon",
        "Mobilfunk", "Ihre Telefonnummer",
        "Téléphone", "Numéro de téléphone", "N° de téléphone", "No de téléphone", "Num téléphone", "Tél",
        "Téléphone portable", "Téléphone mobile", "Portable", "Numéro de portable", "Numéro de mobile",
        "Votre téléphone", "Votre numéro de téléphone",
        "Teléfono", "Número de teléfono", "N° de teléfono", "Nº de teléfono", "Teléfono móvil", "Móvil", "Celular",
        "Número de celular", "Número de móvil", "Teléfono celular", "Teléfono de contacto",
        "Telefono", "Numero di telefono", "N. telefono", "Numero telefonico", "Telefono cellulare", "Cellulare",
        "Numero di cellulare", "Numero cellulare", "Recapito telefonico",
        "Telefone", "Número de telefone", "Nº de telefone", "Telemóvel", "Número de telemóvel", "Telefone celular",
        "Telefone móvel", "Telefone de contato", "Telefone de contacto",
        "Telefoon", "Telefoonnummer", "Telefoonnr", "Tel nr", "Mobiel", "Mobiel nummer", "Mobiele telefoon",
        "06-nummer",
        "Gsm-nummer", "Uw telefoonnummer",
    ),
    rivals=(
        "Contact Number", "Business Number", "Home Number", "Work Number", "Office Number", "Other Number",
        "Tel privat", "Tel dienstlich", "Tel geschäftlich", "Tél fixe", "Tél mobile", "Mobil-Tel-Nr", "Phone 1",
        "Phone 2", "Phone 3", "Work Phone", "Work Phone Number", "Business Phone",
        "Business Phone Number",
        "Office Phone", "Home Phone", "Home Phone Number", "Other Phone", "Alternate Phone", "Secondary Phone",
        "Company Phone", "Main Phone", "Landline", "Direct Phone", "Direct Dial", "Daytime Phone", "Evening Phone",
        "Phone (work)", "Phone (home)", "Phone (mobile)", "Personal Phone", "Private Phone", "Work Mobile",
        "Phone Work",
        "Phone Home", "Phone Mobile", "Mobile 2", "Mobile 1", "Telephone 2", "Telephone 1", "WhatsApp",
        "WhatsApp Number",
        "Telefon privat", "Telefon geschäftlich", "Telefon dienstlich", "Telefon Arbeit", "Telefon 2", "Festnetz",
        "Festnetznummer", "Telefon mobil", "Geschäftstelefon", "Handy privat", "Telefon Firma",
        "Téléphone fixe", "Téléphone professionnel", "Téléphone pro", "Téléphone bureau", "Téléphone domicile",
        "Téléphone 2", "Fixe", "Téléphone personnel",
        "Teléfono fijo", "Teléfono trabajo", "Teléfono de trabajo", "Teléfono casa", "Teléfono 2", "Teléfono oficina",
        "Telefono fisso", "Telefono ufficio", "Telefono casa", "Telefono lavoro", "Telefono 2", "Telefono aziendale",
        "Telefone fixo", "Telefone comercial", "Telefone residencial", "Telefone 2", "Telefone trabalho",
        "Telefoon werk", "Telefoon thuis", "Telefoon privé", "Telefoon zakelijk", "Vaste telefoon", "Vast nummer",
        "Telefoon mobiel", "Telefoon 2",
    ),
    words=("phone", "fone", "telefon", "telefoon", "telephon", "mobil", "mobiel", "movil", "cellul", "celular",
           "handy"),
)  # fmt: skip

TAGS: Final = Titles(
    own=(
        "Tag Names", "Tag List", "Contact Tags", "Schlagwörter", "Schlagworte", "Stichwörter", "Etiketten",
        "Étiquettes", "Etiquetas", "Etichette", "Marcadores",
    ),
    rivals=("Tag", "Labels", "Label", "Keywords", "Stichworte", "Schlagwort", "Mots-clés", "Mots clefs", "Étiquette",
            "Palabras clave", "Etiqueta", "Parole chiave", "Etichetta", "Palavras-chave", "Trefwoorden"),
)  # fmt: skip

LISTS: Final = Titles(
    own=(
        "List Name", "List Names", "Contact Lists", "Listen", "Listenname", "Kontaktlisten", "Listes",
        "Nom de la liste", "Listes de contacts", "Listas", "Nombre de la lista", "Listas de contactos",
        "Nome da lista", "Listas de contatos", "Nome lista", "Nome della lista", "Liste di contatti", "Lijsten",
        "Lijstnaam", "Contactlijsten",
    ),
    rivals=("List", "Liste", "Lista", "Lijst", "Kontaktliste", "Contactlijst"),
)  # fmt: skip

ACCOUNT: Final = Titles(
    own=(
        "Account Name", "Company", "Company Name", "Companyname", "Organization", "Organisation", "Organization Name",
        "Organisation Name", "Organization 1 - Name", "Employer", "Employer Name", "Business Name", "Firm", "Firm Name",
        "Your Company", "Name of Company", "Company / Organization", "Company/Organization",
        "Firma", "Firmenname", "Name der Firma", "Unternehmen", "Unternehmensname", "Arbeitgeber", "Betrieb",
        "Ihre Firma", "Ihr Unternehmen",
        "Entreprise", "Nom de l'entreprise", "Nom entreprise", "Nom d'entreprise", "Société", "Nom de la société",
        "Nom société", "Raison sociale", "Organisme", "Employeur", "Votre entreprise", "Votre société",
        "Empresa", "Nombre de la empresa", "Nombre empresa", "Nombre de empresa", "Compañía", "Nombre de la compañía",
        "Razón social", "Organización",
        "Azienda", "Nome azienda", "Nome dell'azienda", "Società", "Nome società", "Ragione sociale", "Ditta",
        "Impresa", "Organizzazione", "Datore di lavoro",
        "Nome da empresa", "Nome empresa", "Companhia", "Razão social", "Organização",
        "Bedrijf", "Bedrijfsnaam", "Naam bedrijf", "Naam van het bedrijf", "Firmanaam", "Organisatie",
        "Organisatienaam", "Werkgever", "Uw bedrijf",
    ),
    rivals=("Business", "Parent Company", "Parent Account", "Previous Company", "Billing Company",
            "Shipping Company"),
)  # fmt: skip

WEB_ADDRESS: Final = Titles(
    own=(
        "Website", "Web Site", "Website URL", "Web Address", "Company Website", "Homepage", "Webseite", "Internetseite",
        "Site web", "Site internet", "Sitio web", "Página web", "Sito web", "Sito internet", "Website adres",
    ),
    rivals=("URL", "Domain", "Company Domain Name", "Web", "Site"),
)  # fmt: skip

DEAL_TITLE: Final = Titles(
    own=("Deal Name", "Deal Title", "Opportunity Name", "Deal", "Titel", "Titre", "Título", "Titolo"),
    rivals=("Opportunity", "Name", "Subject"),
)
DEAL_VALUE: Final = Titles(
    own=("Deal Value", "Amount", "Deal Amount", "Betrag", "Montant", "Importe", "Importo", "Valor", "Bedrag"),
    rivals=("Value in EUR", "Price", "Total", "Revenue"),
)
CURRENCY: Final = Titles(
    own=("Currency Code", "Deal Currency", "Währung", "Devise", "Moneda", "Valuta", "Moeda"),
)
STAGE: Final = Titles(
    own=("Deal Stage", "Stage Name", "Pipeline Stage", "Phase", "Étape", "Etapa", "Fase"), rivals=("Step",)
)
PIPELINE: Final = Titles(own=("Pipeline", "Pipeline Name", "Deal Pipeline"), rivals=("Funnel",))

# words that say whose a cell is, which every cell of a row of contacts is
EMPTY_WORDS: Final = (
    "your", "my", "the", "contact", "contacts", "customer", "customers", "client", "user", "person", "primary", "main",
    "kontakt", "kunde", "kunden", "ihr", "ihre", "dein", "deine", "cliente", "clientes", "contacto", "contatto",
    "contato", "klant", "required", "pflichtfeld", "optional", "obligatoire", "requis", "obligatorio", "requerido",
    "obbligatorio", "verplicht",
)  # fmt: skip
# titles of a person's whole name: read by nothing by itself, but taken apart where that is asked for
FULL_NAMES: Final = (
    "Name", "Full Name", "Fullname", "Contact Name", "Contact", "Your Name", "Customer Name", "Client Name",
    "Name (Full)", "Display Name", "Person", "Person Name", "First and Last Name", "First & Last Name", "Name Surname",
    "Attendee Name", "Member Name", "Complete Name", "Recipient Name", "Lead Name", "Billing Name",
    "Vollständiger Name", "Vor- und Nachname", "Vorname Nachname", "Vorname und Nachname", "Ganzer Name",
    "Ansprechpartner", "Kontakt", "Kontaktname", "Nachname, Vorname", "Name, Vorname", "Kundenname",
    "Nom complet", "Nom et prénom", "Prénom et nom", "Nom prénom", "Prénom nom", "Nom, prénom", "Votre nom", "Nom",
    "Nombre completo", "Nombre y apellidos", "Nombre y apellido", "Apellidos y nombre", "Nombre", "Contacto",
    "Nome completo", "Nome e cognome", "Cognome e nome", "Nominativo", "Nome", "Nome e sobrenome", "Nome e apelido",
    "Volledige naam", "Naam", "Voor- en achternaam", "Contactpersoon", "Klantnaam",
)  # fmt: skip
# titles that are the last name beside a first name of the same language, as far as can be told: suggested, never read
LAST_BESIDE: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("vorname", "vornamen", "rufname"),
    "naam": ("voornaam", "voornamen", "roepnaam"),
}
_FULL: Final = frozenset(map(title_key, FULL_NAMES))


def unnumbered(key: str) -> str:
    """The key of a title without the number at its end: one of several of a kind."""
    return key.rstrip("0123456789")


def is_last_beside(title: str, header: Collection[str]) -> bool:
    """Whether a title that may be a full name is the last one in this file."""
    partners = LAST_BESIDE.get(title_key(title), ())
    return any(title_key(other) in partners for other in header)


def is_full_name(title: str) -> bool:
    """Whether a title is that of a person's whole name."""
    return title_key(title) in _FULL
