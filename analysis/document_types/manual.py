"""Manuals, standard operating procedures and instructions."""

from functools import partial

from analysis.document_types import DocumentType, FieldSpec
from analysis.rules.manuals import extract_manual, titled_so

_FIELDS = {
    "title": FieldSpec("text", "Title", required=True, hints=("document title", "sop title", "title", "titre")),
    "document_number": FieldSpec("code", "Document number"),
    "version": FieldSpec("code", "Version"),
    "effective_date": FieldSpec("date", "In force from", hints=("effective date", "valid from", "gültig ab")),
    "date": FieldSpec("date", "Date", hints=("publication date", "revision date", "last revised", "issue date")),
    "author": FieldSpec("text", "Author", hints=("author", "prepared by", "written by", "erstellt von", "auteur")),
    "approver": FieldSpec("text", "Approved by", hints=("approved by", "freigegeben von", "approuvé par")),
}

TYPE = DocumentType(
    name="manual",
    label="Manual",
    fields=_FIELDS,
    evidence={
        "standard operating procedure": 2.0, "standard operating procedures": 1.5, "sop": 0.8, "sop number": 1.2,
        "user manual": 1.5, "users manual": 1.5, "user guide": 1.2, "users guide": 1.2, "owner's manual": 1.5,
        "instruction manual": 1.5, "operating manual": 1.5, "operating instructions": 1.5, "service manual": 1.5,
        "installation guide": 1.2, "reference manual": 1.5, "quality manual": 1.5, "handbook": 1.0, "manual": 0.8,
        "table of contents": 0.8, "revision history": 1.0, "version history": 0.8, "work instruction": 1.2,
        "scope": 0.3, "purpose": 0.3, "responsibilities": 0.4, "procedure": 0.4, "safety instructions": 0.6,
        "bedienungsanleitung": 1.8, "betriebsanleitung": 1.8, "gebrauchsanweisung": 1.5, "handbuch": 1.2,
        "arbeitsanweisung": 1.5, "verfahrensanweisung": 1.5, "inhaltsverzeichnis": 0.8, "mode d'emploi": 1.8,
        "manuel d'utilisation": 1.8, "table des matières": 0.8, "manuel": 0.8, "notice d'utilisation": 1.8,
        "consignes de sécurité": 0.6, "sicherheitshinweise": 0.6, "manual de usuario": 1.8,
        "manual de instrucciones": 1.8, "instrucciones de uso": 1.5, "manuale d'uso": 1.8,
        "manuale di istruzioni": 1.8, "istruzioni per l'uso": 1.5,
        "handleiding": 1.2, "gebruiksaanwijzing": 1.8, "inhoudsopgave": 0.8, "índice": 0.3, "indice": 0.3,
        "invoice": -1.0, "rechnung": -1.0, "receipt": -1.0,
        "policy number": -1.5, "claim number": -1.5,
    },
    shape=titled_so,
    extract=partial(extract_manual, fields=_FIELDS),
)  # fmt: skip
