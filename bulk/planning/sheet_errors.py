"""What spreadsheets write where a formula failed, by language, and which columns hold digits that are no amounts."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_NAMES: Final = {
    "English, Excel": "NAME? REF! VALUE! DIV/0! NUM! NULL! SPILL! CALC! FIELD! BLOCKED! UNKNOWN! CONNECT! EXTERNAL!"
    " BUSY! PYTHON! TIMEOUT! GETTING_DATA",
    "Google Sheets, LibreOffice": "ERROR! FMT MACRO?",
    "files.xlsx": "N/A!",  # what a workbook shows as #N/A, which would clear
    "German": "NV WERT! BEZUG! ZAHL! ÜBERLAUF! KALK! FELD! BLOCKIERT! UNBEKANNT! VERBINDEN! DATEN_ABRUFEN",
    "French": "VALEUR! NOM? NOMBRE! NUL! PROPAGATION! CHAMP! BLOQUE! BLOQUÉ! INCONNU! CONNEXION! CHARGEMENT_DONNEES",
    "Spanish": "N/D VALOR! NOMBRE? NULO! DESBORDAMIENTO! CAMPO! BLOQUEADO! DESCONOCIDO! CONECTAR! OBTENIENDO_DATOS",
    "Italian": "VALORE! RIF! NOME? NULLO! ESPANSIONE! BLOCCATO! SCONOSCIUTO! CONNESSIONE! ESTRAZIONE_DATI_IN_CORSO",
    "Portuguese": "NÚM! DESPEJAR! DERRAMAR! BLOQUEADA! BLOQUEADO! DESCONHECIDO! OBTENDO_DADOS A_OBTER_DADOS",
    "Dutch": "N/B WAARDE! VERW! GETAL! NAAM? DEEL/0! LEEG! OVERLOPEN! OVERLOOP! BEREKENEN! VELD! GEBLOKKEERD! ONBEKEND!"
    " GEGEVENS_OPHALEN",
    "Russian": "\u041d/Д ЗНАЧ! ССЫЛКА! ЧИСЛО! ИМЯ? ДЕЛ/0! ПУСТО! ПЕРЕНОС! ВЫЧИСЛ! ПОЛЕ! ЗАБЛОКИРОВАНО! НЕИЗВЕСТНО!"
    " ПОЛУЧЕНИЕ_ДАННЫХ",
    "Swedish": "SAKNAS! VÄRDEFEL! REFERENS! OGILTIGT! NAMN? DIVISION/0! SKÄRNING! SPILL! FÄLT! BLOCKERAD! OKÄNT!"
    " HÄMTAR_DATA",
    "Danish, Norwegian": "I/T VÆRDI! VERDI! REFERENCE! NAVN? OVERLØB! OVERFLYT! BEREGN! BEREGNING! FELT! BLOKERET!"
    " BLOKKERT! UKENDT! UKJENT! HENTER_DATA",
    "Finnish": "PUUTTUU! ARVO! VIITTAUS! LUKU! NIMI? JAKO/0! TYHJÄ! LEVITYS! TÄYTTÖ! LASKE! KENTTÄ! ESTETTY!"
    " TUNTEMATON! NOUDETAAN_TIETOJA",
    "Polish": "N/D! ARG! ADR! LICZBA! NAZWA? DZIEL/0! ZERO! ROZLANIE! OBL! POLE! ZABLOKOWANE! NIEZNANE!"
    " POBIERANIE_DANYCH",
    "Czech": "NENÍ_K_DISPOZICI NEDOSTUPNÝ HODNOTA! ODKAZ! ČÍSLO! NÁZEV? DĚLENÍ_NULOU! DĚLENÍ/0! PŘESAH! VÝPOČET! POLE!"
    " NAČÍTÁNÍ_DAT",
    "Turkish": "YOK DEĞER! BAŞV! SAYI! AD? SAYI/0! BÖL/0! BOŞ! TAŞMA! HESAPLA! ALAN! ENGELLENDİ! BİLİNMİYOR!"
    " VERİ_ALINIYOR",
    "Hungarian": "HIÁNYZIK ÉRTÉK! HIV! SZÁM! NÉV? ZÉRÓOSZTÓ! NULLA! KIBONTÁS! ÁTNYÚLÁS! SZÁMÍTÁS! MEZŐ!"
    " ADATOK_BEOLVASÁSA",
    "Japanese, Chinese, Korean": "スピル! 計算! フィールド! 溢出! 计算! 분산! 계산!",
}  # fmt: skip
_WORDS: Final = sorted({word for words in _NAMES.values() for word in words.split()})
_NUMBERED: Final = "Err|Fehler|Erreur|Errore|Erro|Error|Fout|Fel|Fejl|Feil|Virhe|Błąd|Chyba|Hata|Hiba|Ошибка|エラー"
ERROR: Final = re.compile(rf"#(?:[¡¿]?(?:{'|'.join(map(re.escape, _WORDS))})|#+)|(?:{_NUMBERED}) ?: ?\d{{3}}")

# What begins or is a word of a header whose cells are digits, but no amounts
_PHONES: Final = (
    "phone", "mobile", "cellphone", "cell", "tel", "telephone", "fax", "whatsapp", "sms", "msisdn", "telefon",
    "telefono",
    "teléfono", "téléphone", "telefone", "telefoon", "handy", "mobil", "movil", "móvil", "cellulare", "celular",
    "puhelin",
    "телефон", "電話",
)  # fmt: skip
_CODES: Final = (
    "id", "ids", "number", "nr", "no", "num", "code", "sku", "iban", "ean", "isbn", "barcode", "ref", "reference",
    "nummer", "numero", "número", "kundennummer", "номер",
)  # fmt: skip
_BREAK: Final = re.compile(r"(?<=[a-zà-ÿ])(?=[A-Z])|[\W_]+")


def _holds(header: str, words: tuple[str, ...]) -> bool:
    parts = (*_BREAK.split(header), *header.split())  # WhatsApp is one word, and homePhone two
    return any(word.casefold() in words for word in parts)


@lru_cache(maxsize=1024)  # asked of each cell, and headers are few
def is_phone(header: str) -> bool:
    """Whether the cells of a column are numbers to be called."""
    return _holds(header, _PHONES)


@lru_cache(maxsize=1024)
def is_code(header: str) -> bool:
    """Whether the cells of a column are made of digits that nobody adds up."""
    return is_phone(header) or _holds(header, _CODES)
