"""The words of computing questions in English and German. Longer ones come first; all are in lower case."""

import re
from collections.abc import Mapping

from analysis.answers.computing.request import Aggregate, Group, Review

AGGREGATES: Mapping[Aggregate, tuple[str, ...]] = {
    "count": (
        "how many", "number of", "count of", "count", "wie viele", "wieviele", "anzahl der", "anzahl von", "anzahl",
    ),
    "average": (
        "average", "mean", "on average", "durchschnittlicher", "durchschnittliche", "durchschnittlichen",
        "durchschnittliches", "durchschnitt der", "durchschnitt", "im durchschnitt", "mittelwert",
    ),
    "minimum": (
        "cheapest", "lowest", "smallest", "minimum", "least expensive", "günstigste", "günstigsten", "billigste",
        "billigsten", "niedrigste", "niedrigsten", "niedrigster", "kleinste", "kleinsten", "geringste", "minimale",
    ),
    "maximum": (
        "most expensive", "highest", "largest", "biggest", "maximum", "dearest", "teuerste", "teuersten", "höchste",
        "höchsten", "höchster", "größte", "größten", "maximale",
    ),
    "sum": (
        "how much did we spend", "how much have we spent", "how much did i spend", "how much have i spent",
        "how much did we pay", "how much did i pay", "how much have we paid", "sum of", "sum", "add up",
        "altogether", "in total", "sum up", "summe der", "summe aller", "summe von", "summe",
        "gesamtsumme der", "gesamtsumme aller", "gesamtsumme", "wie viel haben wir ausgegeben", "insgesamt",
        "wie viel haben wir bezahlt", "wieviel haben wir ausgegeben", "wieviel haben wir bezahlt", "how much",
        "wie viel", "wieviel",
    ),
}  # fmt: skip
FIELDS: Mapping[str, tuple[str, ...]] = {
    "tax": (
        "vat", "value added tax", "value-added tax", "sales tax", "taxes", "tax", "mehrwertsteuer", "umsatzsteuer",
        "mwst", "ust", "steuerbetrag", "steuern", "steuer",
    ),
    "subtotal": ("net amounts", "net amount", "net total", "subtotals", "subtotal", "net", "nettobetrag",
                 "nettobeträge", "nettosumme", "netto", "zwischensumme"),
    "amount_due": ("amounts due", "amount due", "balance due", "amount outstanding", "zahlbeträge", "zahlbetrag",
                   "offener betrag", "offene beträge"),
    "premium": ("premiums", "premium", "prämien", "prämie", "versicherungsprämie", "versicherungsprämien"),
    "deductible": ("deductibles", "deductible", "selbstbeteiligung", "selbstbehalt"),
    "total": (
        "total amounts", "total amount", "gross amounts", "gross amount", "grand total", "gross total", "totals",
        "total", "amounts", "amount", "gross", "spending", "spend", "gesamtbeträge", "gesamtbetrag", "gesamtsumme",
        "bruttobetrag", "bruttobeträge", "bruttosumme", "brutto", "beträge", "betrag", "ausgaben", "rechnungsbetrag",
        "rechnungsbeträge",
    ),
}  # fmt: skip
KINDS: Mapping[str, tuple[str, ...]] = {
    "invoice": ("invoices", "invoice", "bills", "bill", "rechnungen", "rechnung"),
    "receipt": ("receipts", "receipt", "quittungen", "quittung", "kassenbons", "kassenbon", "belege", "beleg"),
    "insurance_policy": ("insurance policies", "insurance policy", "policies", "policy", "versicherungspolicen",
                         "policen", "police"),
    "insurance_claim": ("insurance claims", "insurance claim", "claims", "claim", "schadenmeldungen"),
    "": ("documents", "document", "docs", "files", "dateien", "dokumente", "dokumenten", "dokument", "unterlagen"),
}  # fmt: skip
GROUPS: Mapping[Group, tuple[str, ...]] = {
    "vendor": ("by vendor", "per vendor", "by supplier", "per supplier", "for each vendor", "nach lieferant",
               "je lieferant", "pro lieferant", "nach lieferanten", "nach anbieter", "je anbieter", "pro anbieter"),
    "month": ("by month", "per month", "monthly", "for each month", "nach monat", "pro monat", "je monat",
              "nach monaten", "monatlich"),
}  # fmt: skip
# Documents by their place in time: only before a kind of document, for there are last months and first quarters.
ORDERS: Mapping[Aggregate, tuple[str, ...]] = {
    "latest": ("latest", "newest", "most recent", "last", "neueste", "neuesten", "neuester", "letzte", "letzten",
               "letzter", "jüngste", "jüngsten", "aktuellste", "aktuellsten"),
    "earliest": ("earliest", "oldest", "first", "älteste", "ältesten", "ältester", "erste", "ersten", "früheste"),
}  # fmt: skip
NUMBERS: Mapping[str, int] = {
    "two": 2, "three": 3, "four": 4, "five": 5, "ten": 10, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "zehn": 10,
}  # fmt: skip
DUE: Mapping[str, tuple[str, ...]] = {
    "overdue": ("overdue", "past due", "past their due date", "überfällig", "überfällige", "überfälligen"),
    "due": ("due", "payable", "fällig", "fällige", "fälligen", "zahlbar", "zu zahlen"),
}
REVIEWS: Mapping[Review, tuple[str, ...]] = {
    "none": ("unreviewed", "not reviewed", "not yet reviewed", "not been reviewed", "to review", "to be reviewed",
             "waiting for review", "unapproved", "not approved", "ungeprüft", "ungeprüfte", "ungeprüften",
             "nicht geprüft", "noch nicht geprüft", "zu prüfen"),
    "done": ("reviewed", "approved", "been reviewed", "been approved", "geprüft", "geprüfte", "geprüften",
             "freigegeben"),
}  # fmt: skip
VENDORS = (
    "who are our vendors",
    "who are our suppliers",
    "wer sind unsere lieferanten",
    "vendors",
    "suppliers",
    "lieferanten",
    "anbieter",
    "verkäufer",
)
# By these a question asks for all documents of a kind; without them it must say which ones.
LISTING = ("list", "show", "which", "what", "find", "give me", "display", "zeige", "zeig", "welche", "liste", "finde")
# What was spent needs no kind of document.
SPENT = ("spend", "spent", "spending", "pay", "paid", "ausgegeben", "bezahlt", "gezahlt", "ausgaben")
OURS = ("we", "i", "our", "my", "wir", "ich", "unsere", "meine")
# What one does with documents: "Which documents do I send?" asks their text.
DOING = ("send", "sent", "get", "receive", "pay", "bekommen", "erhalten", "geschickt")
PLURALS = (
    "invoices", "bills", "receipts", "policies", "insurance policies", "claims", "insurance claims", "documents",
    "docs", "files", "rechnungen", "quittungen", "kassenbons", "belege", "policen", "versicherungspolicen",
    "schadenmeldungen", "dokumente", "dokumenten", "dateien", "unterlagen",
)  # fmt: skip
CURRENCIES: Mapping[str, tuple[str, ...]] = {
    "EUR": ("€", "euros", "euro", "eur"),
    "USD": ("us dollars", "us dollar", "dollars", "dollar", "usd", "us$", "$"),
    "GBP": ("£", "pounds", "pound", "gbp"),
    "CHF": ("swiss francs", "schweizer franken", "franken", "chf"),
}
# What may stand around all that and adds nothing.
_IDLE_WORDS = """
a all already an and any are at be by charge charged cost did do does ever far find for from get give got had has have
i in is it list me my of on our paid pay please received send sent show so spend spent tell that the there they to
uploaded us was we were what which with you what's display
aller alle allen am an aus bei bekommen bezahlt bitte das dem den der des die ein eine erhalten es finde für gab gibt
geschickt gestellt gezahlt ausgegeben alles habe haben hat hatten hoch hochgeladen ich im in ist kosten kostet liste
mein meine meiner mir mit nenne sie sind und uns unsere unserer von vom war waren was welche welcher welches wie wir
wurden zeig zeige zu zum zur
"""
IDLE = frozenset(_IDLE_WORDS.split())
# Words by which a question is taken for German.
_GERMAN_WORDS = """
aller alle am aus bei das dem den der des die ein eine für gab haben hat hoch ich im ist sind und von vom war
was welche wie wir summe anzahl rechnungen rechnung quittungen belege durchschnitt viele viel mwst habe liste zeig
zeige über unter zwischen pro je ausgaben überfällig überfälligen fällig fälligen ungeprüft ungeprüften lieferanten
dokumente unterlagen letzte letzten älteste neueste mehrwertsteuer umsatzsteuer teuerste günstigste höchste
niedrigste größte größten netto brutto betrag quartal jahr monat prämie prämien
"""
GERMAN = frozenset(_GERMAN_WORDS.split())


def pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Finds the longest of the words, whole."""
    ordered = sorted(words, key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, ordered))})(?![\w-])", re.I)
