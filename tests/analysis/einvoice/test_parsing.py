"""Invoices in every syntax give the same terms, and what is no invoice is refused with its reason."""

import json
from decimal import Decimal

import pytest

from analysis.einvoice.parsing import is_invoice, parse
from analysis.einvoice.source import find_xml
from documents.errors import InvalidInput, TooLarge
from documents.samples import FOLDER
from tests.analysis.einvoice.documents import cii, cii_line, cii_sums, ubl

ZUGFERD_1 = """
<rsm:CrossIndustryDocument xmlns:rsm="urn:ferd:CrossIndustryDocument:invoice:1p0" xmlns:ram="urn:ram:12" xmlns:udt="u">
<rsm:SpecifiedExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter>
  <ram:ID>urn:ferd:CrossIndustryDocument:invoice:1p0:comfort</ram:ID>
</ram:GuidelineSpecifiedDocumentContextParameter></rsm:SpecifiedExchangedDocumentContext>
<rsm:HeaderExchangedDocument><ram:ID>RE-7</ram:ID><ram:TypeCode>380</ram:TypeCode>
  <ram:IssueDateTime><udt:DateTimeString format="102">20140703</udt:DateTimeString></ram:IssueDateTime>
</rsm:HeaderExchangedDocument>
<rsm:SpecifiedSupplyChainTradeTransaction>
 <ram:ApplicableSupplyChainTradeAgreement>
  <ram:SellerTradeParty><ram:Name>Mühle\n  Nord GmbH</ram:Name><ram:PostalTradeAddress>
   <ram:PostcodeCode>24103</ram:PostcodeCode><ram:LineOne>Am Kai 1</ram:LineOne><ram:LineTwo>Hof 2</ram:LineTwo>
   <ram:CityName>Kiel</ram:CityName><ram:CountryID>DE</ram:CountryID></ram:PostalTradeAddress>
   <ram:SpecifiedTaxRegistration><ram:ID schemeID="FC">20/815/0815</ram:ID></ram:SpecifiedTaxRegistration>
  </ram:SellerTradeParty><ram:BuyerTradeParty><ram:Name>Bäckerei Süd</ram:Name></ram:BuyerTradeParty>
  <ram:BuyerOrderReferencedDocument><ram:ID>B-1</ram:ID></ram:BuyerOrderReferencedDocument>
 </ram:ApplicableSupplyChainTradeAgreement>
 <ram:ApplicableSupplyChainTradeDelivery/>
 <ram:ApplicableSupplyChainTradeSettlement><ram:InvoiceCurrencyCode>EUR</ram:InvoiceCurrencyCode>
  <ram:ApplicableTradeTax><ram:CalculatedAmount>2.10</ram:CalculatedAmount><ram:BasisAmount>30.00</ram:BasisAmount>
   <ram:ApplicablePercent>7.00</ram:ApplicablePercent></ram:ApplicableTradeTax>
  <ram:SpecifiedTradeAllowanceCharge><ram:ChargeIndicator><udt:Indicator>false</udt:Indicator></ram:ChargeIndicator>
   <ram:ActualAmount>2.00</ram:ActualAmount><ram:Reason>Rabatt</ram:Reason>
   <ram:CategoryTradeTax><ram:ApplicablePercent>7</ram:ApplicablePercent></ram:CategoryTradeTax>
  </ram:SpecifiedTradeAllowanceCharge>
  <ram:SpecifiedLogisticsServiceCharge><ram:Description>Fracht</ram:Description>
   <ram:AppliedAmount>4.00</ram:AppliedAmount></ram:SpecifiedLogisticsServiceCharge>
  <ram:SpecifiedTradeSettlementMonetarySummation><ram:LineTotalAmount>28.00</ram:LineTotalAmount>
   <ram:ChargeTotalAmount>4.00</ram:ChargeTotalAmount><ram:AllowanceTotalAmount>2.00</ram:AllowanceTotalAmount>
   <ram:TaxBasisTotalAmount>30.00</ram:TaxBasisTotalAmount><ram:TaxTotalAmount>2.10</ram:TaxTotalAmount>
   <ram:GrandTotalAmount>32.10</ram:GrandTotalAmount></ram:SpecifiedTradeSettlementMonetarySummation>
 </ram:ApplicableSupplyChainTradeSettlement>
 <ram:IncludedSupplyChainTradeLineItem><ram:AssociatedDocumentLineDocument><ram:IncludedNote>
  <ram:Content>Wie besprochen:</ram:Content></ram:IncludedNote></ram:AssociatedDocumentLineDocument>
 </ram:IncludedSupplyChainTradeLineItem>
 <ram:IncludedSupplyChainTradeLineItem>
  <ram:SpecifiedSupplyChainTradeAgreement><ram:NetPriceProductTradePrice><ram:ChargeAmount>0.5600</ram:ChargeAmount>
  </ram:NetPriceProductTradePrice></ram:SpecifiedSupplyChainTradeAgreement>
  <ram:SpecifiedSupplyChainTradeDelivery><ram:BilledQuantity unitCode="KGM">50.0000</ram:BilledQuantity>
  </ram:SpecifiedSupplyChainTradeDelivery>
  <ram:SpecifiedSupplyChainTradeSettlement><ram:ApplicableTradeTax><ram:ApplicablePercent>7.00</ram:ApplicablePercent>
  </ram:ApplicableTradeTax><ram:SpecifiedTradeSettlementMonetarySummation><ram:LineTotalAmount>28.00</ram:LineTotalAmount>
  </ram:SpecifiedTradeSettlementMonetarySummation></ram:SpecifiedSupplyChainTradeSettlement>
  <ram:SpecifiedTradeProduct><ram:Name>Mehl</ram:Name></ram:SpecifiedTradeProduct>
 </ram:IncludedSupplyChainTradeLineItem>
</rsm:SpecifiedSupplyChainTradeTransaction></rsm:CrossIndustryDocument>"""

CREDIT_NOTE = """
<cbc:ID>CN-9</cbc:ID><cbc:IssueDate>2024-05-06+02:00</cbc:IssueDate><cbc:CreditNoteTypeCode>381</cbc:CreditNoteTypeCode>
<cbc:DocumentCurrencyCode>SEK</cbc:DocumentCurrencyCode>
<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>F-8</cbc:ID></cac:InvoiceDocumentReference></cac:BillingReference>
<cac:InvoicePeriod><cbc:StartDate>2024-04-01</cbc:StartDate></cac:InvoicePeriod>
<cac:AccountingSupplierParty><cac:Party><cac:PartyName><cbc:Name>Björk</cbc:Name></cac:PartyName>
 <cac:PostalAddress><cbc:StreetName>Storgatan</cbc:StreetName><cbc:BuildingNumber>4</cbc:BuildingNumber>
  <cbc:CityName>Umeå</cbc:CityName><cbc:PostalZone>903 26</cbc:PostalZone></cac:PostalAddress>
 <cac:PartyTaxScheme><cbc:CompanyID>Godkänd för F-skatt</cbc:CompanyID>
  <cac:TaxScheme><cbc:ID>TAX</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>
 <cac:PartyTaxScheme><cbc:CompanyID>SE 5560 360793 01</cbc:CompanyID>
  <cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>
 <cac:PartyLegalEntity><cbc:RegistrationName>Björk Trä AB</cbc:RegistrationName></cac:PartyLegalEntity></cac:Party>
</cac:AccountingSupplierParty>
<cac:PaymentMeans><cbc:PaymentDueDate>2024-06-06</cbc:PaymentDueDate></cac:PaymentMeans>
<cac:TaxTotal><cbc:TaxAmount currencyID="EUR">2.20</cbc:TaxAmount></cac:TaxTotal>
<cac:TaxTotal><cbc:TaxAmount currencyID="SEK">25</cbc:TaxAmount><cac:TaxSubtotal>
 <cbc:TaxableAmount>100</cbc:TaxableAmount><cbc:TaxAmount>25</cbc:TaxAmount>
 <cac:TaxCategory><cbc:ID>S</cbc:ID><cbc:Percent>25</cbc:Percent></cac:TaxCategory></cac:TaxSubtotal></cac:TaxTotal>
<cac:LegalMonetaryTotal><cbc:TaxExclusiveAmount>100</cbc:TaxExclusiveAmount>
 <cbc:TaxInclusiveAmount>125</cbc:TaxInclusiveAmount><cbc:PrepaidAmount>5</cbc:PrepaidAmount>
 <cbc:PayableAmount>120</cbc:PayableAmount></cac:LegalMonetaryTotal>
<cac:CreditNoteLine><cbc:ID>1</cbc:ID><cbc:CreditedQuantity unitCode="C62">20</cbc:CreditedQuantity>
 <cbc:LineExtensionAmount>100</cbc:LineExtensionAmount>
 <cac:AllowanceCharge><cbc:ChargeIndicator>true</cbc:ChargeIndicator><cbc:Amount>10</cbc:Amount></cac:AllowanceCharge>
 <cac:SubInvoiceLine><cbc:ID>1.1</cbc:ID><cbc:LineExtensionAmount>90</cbc:LineExtensionAmount>
  <cac:Item><cbc:Name>Planka</cbc:Name></cac:Item></cac:SubInvoiceLine>
 <cac:Item><cbc:Name>Virke</cbc:Name></cac:Item>
 <cac:Price><cbc:PriceAmount>45</cbc:PriceAmount><cbc:BaseQuantity>10</cbc:BaseQuantity></cac:Price></cac:CreditNoteLine>"""


def values(extraction):
    return {name: found.value for name, found in extraction.fields.items()}


def comparable(value):
    """Amounts of XML ("14.50") and of JSON (14.5) alike."""
    if isinstance(value, list):
        return [{name: comparable(entry) for name, entry in row.items()} for row in value]
    return Decimal(str(value)) if isinstance(value, float) else value


@pytest.mark.parametrize(("name", "media_type"), [("factur-x.pdf", "application/pdf"), ("ubl.xml", "application/xml")])
def test_samples_give_every_field_and_line_that_is_expected(name, media_type):
    truth = json.loads((FOLDER / name).with_suffix(".expected.json").read_text())
    extraction = parse(find_xml(FOLDER / name, media_type))
    for field in set(truth["fields_given"]) - {"line_items"}:
        found = extraction.fields[field]
        value = Decimal(found.value) if isinstance(truth[field], float) else found.value
        assert value == comparable(truth[field]), field
        assert (found.source, found.confidence) == ("xml", 1.0)
    numbers = ("quantity", "unit_price", "amount", "tax_rate")
    lines = [{name: getattr(item, name) for name in truth["line_items"][0]} for item in extraction.line_items]
    read = [{key: Decimal(value) if key in numbers else value for key, value in line.items()} for line in lines]
    assert read == comparable(truth["line_items"])
    assert [Decimal(tax["tax"]) for tax in extraction.fields["taxes"].value] == [
        Decimal(str(tax["tax"])) for tax in truth["taxes"]
    ]


def test_discount_of_a_ubl_invoice_is_kept_for_the_checks():
    extra = parse((FOLDER / "ubl.xml").read_bytes()).extra
    discount = {"amount": "400.00", "reason": "Kvantumsrabatt", "tax_rate": "25"}
    assert extra["allowances"] == [discount]
    assert (extra["line_total"], extra["allowance_total"]) == ("19732.00", "400.00")
    assert (extra["syntax"], extra["type_code"], extra["purchase_order"]) == ("ubl", "380", "PO-5520")


def test_zugferd_1_is_read_by_its_own_names():
    extraction = parse(ZUGFERD_1.encode())
    assert values(extraction) == {
        "invoice_number": "RE-7",
        "date": "2014-07-03",
        "vendor": "Mühle Nord GmbH",
        "vendor_tax_id": "20/815/0815",
        "address": "Am Kai 1, Hof 2, 24103 Kiel, DE",
        "buyer": "Bäckerei Süd",
        "currency": "EUR",
        "taxes": [{"rate": "7", "base": "30.00", "tax": "2.10", "category": None}],
        "subtotal": "30.00",
        "tax": "2.10",
        "total": "32.10",
    }
    (line,) = extraction.line_items
    assert (line.description, line.quantity, line.unit, line.unit_price) == ("Mehl", "50", "KGM", "0.56")
    assert (line.amount, line.tax_rate) == ("28.00", "7")
    extra = extraction.extra
    assert extra["allowances"] == [{"amount": "2.00", "reason": "Rabatt", "tax_rate": "7"}]
    assert extra["charges"] == [{"amount": "4.00", "reason": "Fracht"}]
    assert (extra["syntax"], extra["purchase_order"]) == ("zugferd1", "B-1")


def test_credit_note_in_ubl():
    extraction = parse(ubl(CREDIT_NOTE))
    assert values(extraction) == {
        "invoice_number": "CN-9",
        "date": "2024-05-06",
        "due_date": "2024-06-06",
        "currency": "SEK",
        "vendor": "Björk Trä AB",
        "vendor_tax_id": "SE556036079301",
        "address": "Storgatan 4, 903 26 Umeå",
        "taxes": [{"rate": "25", "base": "100.00", "tax": "25.00", "category": "S"}],
        "subtotal": "100.00",
        "tax": "25.00",
        "total": "125.00",
        "prepaid": "5.00",
        "amount_due": "120.00",
    }
    extra = extraction.extra
    assert (extra["type_code"], extra["preceding_invoice"]) == ("381", "F-8")
    assert (extra["vendor_trading_name"], extra["period"]) == ("Björk", {"start": "2024-04-01"})


def test_details_of_a_line_run_parallel_to_the_line_items():
    extraction = parse(ubl(CREDIT_NOTE))
    (line,), (details,) = extraction.line_items, extraction.extra["lines"]
    assert (line.description, line.quantity, line.unit_price, line.amount) == ("Virke", "20", "45.00", "100.00")
    assert details["price_base_quantity"] == "10"
    assert details["charges"] == [{"amount": "10.00"}]
    assert details["sub_lines"] == [{"id": "1.1", "description": "Planka", "amount": "90.00"}]


def test_tax_is_that_in_the_currency_of_the_invoice():
    usd, eur = (
        f'<ram:TaxTotalAmount currencyID="{code}">{tax}</ram:TaxTotalAmount>' for code, tax in (("USD", 9), ("EUR", 8))
    )
    assert values(parse(cii_sums(usd + eur)))["tax"] == "8.00"


def test_tax_in_a_foreign_currency_alone_is_better_than_none():
    only = '<ram:TaxTotalAmount currencyID="USD">9</ram:TaxTotalAmount>'
    assert values(parse(cii_sums(only)))["tax"] == "9.00"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1005.550", "1005.55"),
        ("-8.79", "-8.79"),
        ("7", "7.00"),
        ("+0.0255", "0.0255"),
        ("-0.00", "0.00"),
        (" 5.\n", "5.00"),
    ],
)
def test_amounts_are_normalised(written, value):
    total = f"<ram:GrandTotalAmount>{written}</ram:GrandTotalAmount>"
    assert values(parse(cii_sums(total)))["total"] == value


@pytest.mark.parametrize("written", ["1.005,55", "NaN", "1E999999999", "Infinity", "12 EUR", "", "9" * 30])
def test_what_is_no_decimal_number_is_absent(written):
    total = f"<ram:GrandTotalAmount>{written}</ram:GrandTotalAmount>"
    assert "total" not in parse(cii_sums(total)).fields


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("20180605", "2018-06-05"),
        ("2018-06-05T00:00:00", "2018-06-05"),
        ("20181305", None),
        ("201806055", None),
        ("x", None),
    ],
)
def test_dates_are_iso_or_absent(written, iso):
    heading = f"<ram:IssueDateTime><udt:DateTimeString>{written}</udt:DateTimeString></ram:IssueDateTime>"
    assert values(parse(cii("", heading))).get("date") == iso


def descriptions(extraction):
    return [item.description for item in extraction.line_items]


def test_grouping_and_informing_lines_are_no_line_items():
    xml = cii(
        cii_line("1", "30", status="GROUP", name="Paket")
        + cii_line("1.1", "10", parent="1", status="DETAIL", name="Topf")
        + cii_line("1.2", "20", parent="1", status="DETAIL", name="Deckel")
        + cii_line("2", "0", status="INFORMATION", name="Hinweis")
        + cii_line("3", "5", name="Löffel")
    )
    extraction = parse(xml)
    assert descriptions(extraction) == ["Topf", "Deckel", "Löffel"]
    assert [line["description"] for line in extraction.extra["other_lines"]] == ["Paket", "Hinweis"]


@pytest.mark.parametrize(("amount", "counted"), [("30", ["Topf", "Deckel"]), ("7", ["Paket", "Topf", "Deckel"])])
def test_parent_without_a_code_is_a_group_if_its_children_add_up_to_it(amount, counted):
    children = cii_line("1.1", "10", parent="1", name="Topf") + cii_line("1.2", "20", parent="1", name="Deckel")
    assert descriptions(parse(cii(cii_line("1", amount, name="Paket") + children))) == counted


@pytest.mark.parametrize(
    "xml", [b"<x:SCRDMCCBDACIOMessageStructure xmlns:x='urn:un:unece:100'/>", ubl("", root="Order")]
)
def test_orders_are_refused_as_orders(xml):
    with pytest.raises(InvalidInput, match=r"order_not_invoice.*is an order") as refusal:
        parse(xml)
    assert refusal.value.permanent


@pytest.mark.parametrize(
    "xml", [b"<html/>", b"<Invoice xmlns='http://www.ebinterface.at/schema/6p1/'/>", b"<Invoice/>"]
)
def test_unknown_roots_are_refused_by_name(xml):
    with pytest.raises(InvalidInput, match=r"unknown_xml.*root <"):
        parse(xml)
    assert not is_invoice(xml)


@pytest.mark.parametrize("xml", [b"", b"no xml", b"<a><b></a>", b"<a>\x00</a>", b"<a>" * 5000 + b"</a>" * 5000])
def test_broken_or_too_deep_xml_is_malformed(xml):
    with pytest.raises(InvalidInput, match="malformed_xml"):
        parse(xml)


@pytest.mark.parametrize("prefix", [b"\xef\xbb\xbf", b"\n \n", b"\xef\xbb\xbf\r\n"])
def test_byte_order_marks_and_blank_lines_before_the_declaration_do_no_harm(prefix):
    xml = b'<?xml version="1.0" encoding="UTF-8"?>' + cii("")
    assert values(parse(prefix + xml)) == {"invoice_number": "R1"}


def test_utf_16_is_read():
    xml = '<?xml version="1.0" encoding="UTF-16"?>' + cii("", "<ram:ID>Ä1</ram:ID>").decode()
    assert values(parse(xml.encode("utf-16"))) == {"invoice_number": "Ä1"}


def bomb():
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE a [<!ENTITY e0 "{"ha" * 20}">{entities}]>'.encode() + cii("", "<ram:ID>&e9;</ram:ID>")


@pytest.mark.parametrize(
    "xml",
    [
        pytest.param(bomb(), id="billion laughs"),
        pytest.param(
            b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + cii("", "<ram:ID>&e;</ram:ID>"), id="file"
        ),
        pytest.param(b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">' + cii(""), id="external DTD"),
    ],
)
def test_entities_and_document_types_are_refused_unexpanded(xml):
    with pytest.raises(InvalidInput, match="xml_with_dtd"):
        parse(xml)


def test_xml_of_too_many_bytes_or_elements_is_refused_before_it_is_parsed():
    for xml in (b"<a>" + b" " * (10 * 1024 * 1024), b"<a/>" * 1_000_001):
        with pytest.raises(TooLarge, match="xml_too_large"):
            parse(xml)
