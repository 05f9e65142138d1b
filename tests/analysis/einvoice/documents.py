"""Invoices in XML to take apart in tests, and pages laid out by hand."""

from documents.pages import PageReading, Word

CII = "urn:un:unece:uncefact:data:standard"
UBL = "urn:oasis:names:specification:ubl:schema:xsd"


def cii(body, heading="<ram:ID>R1</ram:ID>"):
    return f"""<rsm:CrossIndustryInvoice xmlns:rsm="{CII}:CrossIndustryInvoice:100"
      xmlns:ram="{CII}:ReusableAggregateBusinessInformationEntity:100" xmlns:udt="{CII}:UnqualifiedDataType:100">
      <rsm:ExchangedDocument>{heading}</rsm:ExchangedDocument>
      <rsm:SupplyChainTradeTransaction>{body}</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>""".encode()


def cii_sums(body):
    return cii(
        "<ram:ApplicableHeaderTradeSettlement><ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>"
        f"<ram:SpecifiedTradeSettlementHeaderMonetarySummation>{body}"
        "</ram:SpecifiedTradeSettlementHeaderMonetarySummation></ram:ApplicableHeaderTradeSettlement>"
    )


def cii_line(number, amount, *, parent="", status="", name="Ware"):
    return f"""<ram:IncludedSupplyChainTradeLineItem><ram:AssociatedDocumentLineDocument>
      <ram:LineID>{number}</ram:LineID><ram:ParentLineID>{parent}</ram:ParentLineID>
      <ram:LineStatusReasonCode>{status}</ram:LineStatusReasonCode></ram:AssociatedDocumentLineDocument>
      <ram:SpecifiedTradeProduct><ram:Name>{name}</ram:Name></ram:SpecifiedTradeProduct>
      <ram:SpecifiedLineTradeSettlement><ram:SpecifiedTradeSettlementLineMonetarySummation>
      <ram:LineTotalAmount>{amount}</ram:LineTotalAmount></ram:SpecifiedTradeSettlementLineMonetarySummation>
      </ram:SpecifiedLineTradeSettlement></ram:IncludedSupplyChainTradeLineItem>"""


def ubl(body, root="CreditNote"):
    return f"""<{root} xmlns="{UBL}:{root}-2" xmlns:cac="{UBL}:CommonAggregateComponents-2"
      xmlns:cbc="{UBL}:CommonBasicComponents-2">{body}</{root}>""".encode()


def page(*rows, number=1, **given):
    """A page of 600 x 800 with rows (y, x, text, x, text, ...); a letter is 6 wide and 10 high, a blank 3 wide."""
    words = [word for row in rows for word in _row(*row)]
    return PageReading(number, 600, 800, source="text", words=tuple(words), **given)


def _row(y, *cells):
    for x, text in zip(cells[::2], cells[1::2], strict=True):
        for word in text.split():
            yield Word(word, x, y, x + 6 * len(word), y + 10)
            x += 6 * len(word) + 3
