"""Titles of columns that may tell who must not be mailed, as people write them in seven languages."""

from __future__ import annotations

TITLES = (
    "Afgemeld", "Gesperrt", "Cancellato", "Werbesperre", "Keine Werbung", "Ausgetreten am", "Ne pas contacter",
    "Consenso", "Unzustellbar", "Descadastrado", "Removed", "Complaint", "Valid", "Verified", "Confirmed",
    "Widerspruch", "Statut", "Mailing OK", "Werbung erlaubt", "Marketing", "Robinson", "Aktiv", "Kündigung",
    "Austritt", "Widerruf", "Privacy", "Spam", "Deleted", "Mag gemailt worden", "E-Mail erlaubt", "Inscrito",
    "Situação", "Zustand", "Cancelou inscrição", "Kontakt erlaubt", "Kein Kontakt", "No mail", "Do not contact",
    "emailStatus", "Désabonné", "Refus pub", "No enviar", "Não contatar", "Geen reclame", "Revocato", "Rebotado",
    "Geblokkeerd", "Uitgeschreven op", "Kontaktsperre", "Dado de baja", "Opposition", "Autorización",
)  # fmt: skip
