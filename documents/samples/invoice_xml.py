"""Writes the sample invoices as XML: CII as it is embedded in a Factur-X PDF, and UBL."""

from decimal import Decimal
from xml.sax.saxutils import escape

from documents.samples.content import Invoice, Line, Party

_CII = "urn:un:unece:uncefact:data:standard"
_UBL = "urn:oasis:names:specification:ubl:schema:xsd"
_UNCL = "urn:cen.eu:en16931:2017"


def cii(invoice: Invoice) -> bytes:
    """The invoice as CrossIndustryInvoice, profile EN 16931."""
    lines = "".join(_cii_line(number, line) for number, line in enumerate(invoice.lines, 1))
    return _document(f"""
<rsm:CrossIndustryInvoice xmlns:rsm="{_CII}:CrossIndustryInvoice:100"
  xmlns:ram="{_CII}:ReusableAggregateBusinessInformationEntity:100" xmlns:udt="{_CII}:UnqualifiedDataType:100">
<rsm:ExchangedDocumentContext><ram:GuidelineSpecifiedDocumentContextParameter><ram:ID>{_UNCL}</ram:ID>
</ram:GuidelineSpecifiedDocumentContextParameter></rsm:ExchangedDocumentContext>
<rsm:ExchangedDocument><ram:ID>{invoice.number}</ram:ID><ram:TypeCode>380</ram:TypeCode>
<ram:IssueDateTime><udt:DateTimeString format="102">{invoice.issued:%Y%m%d}</udt:DateTimeString></ram:IssueDateTime>
</rsm:ExchangedDocument>
<rsm:SupplyChainTradeTransaction>{lines}
<ram:ApplicableHeaderTradeAgreement>
{_cii_party("Seller", invoice.vendor)}{_cii_party("Buyer", invoice.buyer)}
<ram:BuyerOrderReferencedDocument><ram:IssuerAssignedID>{invoice.order}</ram:IssuerAssignedID>
</ram:BuyerOrderReferencedDocument></ram:ApplicableHeaderTradeAgreement>
<ram:ApplicableHeaderTradeDelivery/>
{_cii_settlement(invoice)}
</rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>""")


def _document(body: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>{body}\n'.encode()


def _cii_party(role: str, party: Party) -> str:
    registration = (
        f'<ram:SpecifiedTaxRegistration><ram:ID schemeID="VA">{party.tax_id}</ram:ID></ram:SpecifiedTaxRegistration>'
    )
    return f"""<ram:{role}TradeParty><ram:Name>{escape(party.name)}</ram:Name><ram:PostalTradeAddress>
<ram:PostcodeCode>{party.postcode}</ram:PostcodeCode><ram:LineOne>{escape(party.street)}</ram:LineOne>
<ram:CityName>{party.city}</ram:CityName><ram:CountryID>{party.country}</ram:CountryID></ram:PostalTradeAddress>
{registration if party.tax_id else ""}</ram:{role}TradeParty>"""


def _cii_line(number: int, line: Line) -> str:
    return f"""
<ram:IncludedSupplyChainTradeLineItem>
<ram:AssociatedDocumentLineDocument><ram:LineID>{number}</ram:LineID></ram:AssociatedDocumentLineDocument>
<ram:SpecifiedTradeProduct><ram:Name>{escape(line.description)}</ram:Name></ram:SpecifiedTradeProduct>
<ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice><ram:ChargeAmount>{line.price}</ram:ChargeAmount>
</ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement>
<ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode="{line.unit}">{line.quantity}</ram:BilledQuantity>
</ram:SpecifiedLineTradeDelivery>
<ram:SpecifiedLineTradeSettlement><ram:ApplicableTradeTax><ram:TypeCode>VAT</ram:TypeCode>
<ram:CategoryCode>S</ram:CategoryCode><ram:RateApplicablePercent>{line.rate}</ram:RateApplicablePercent>
</ram:ApplicableTradeTax><ram:SpecifiedTradeSettlementLineMonetarySummation>
<ram:LineTotalAmount>{line.amount}</ram:LineTotalAmount></ram:SpecifiedTradeSettlementLineMonetarySummation>
</ram:SpecifiedLineTradeSettlement></ram:IncludedSupplyChainTradeLineItem>"""


def _cii_settlement(invoice: Invoice) -> str:
    return f"""<ram:ApplicableHeaderTradeSettlement>
<ram:InvoiceCurrencyCode>{invoice.currency}</ram:InvoiceCurrencyCode>
<ram:SpecifiedTradeSettlementPaymentMeans><ram:TypeCode>58</ram:TypeCode><ram:PayeePartyCreditorFinancialAccount>
<ram:IBANID>{invoice.iban}</ram:IBANID></ram:PayeePartyCreditorFinancialAccount>
<ram:PayeeSpecifiedCreditorFinancialInstitution><ram:BICID>{invoice.bic}</ram:BICID>
</ram:PayeeSpecifiedCreditorFinancialInstitution></ram:SpecifiedTradeSettlementPaymentMeans>
{"".join(_cii_tax(*entry) for entry in invoice.taxes)}<ram:SpecifiedTradePaymentTerms><ram:DueDateDateTime>
<udt:DateTimeString format="102">{invoice.due:%Y%m%d}</udt:DateTimeString></ram:DueDateDateTime>
</ram:SpecifiedTradePaymentTerms><ram:SpecifiedTradeSettlementHeaderMonetarySummation>
<ram:LineTotalAmount>{invoice.line_total}</ram:LineTotalAmount>
<ram:TaxBasisTotalAmount>{invoice.subtotal}</ram:TaxBasisTotalAmount>
<ram:TaxTotalAmount currencyID="{invoice.currency}">{invoice.tax}</ram:TaxTotalAmount>
<ram:GrandTotalAmount>{invoice.total}</ram:GrandTotalAmount>
<ram:DuePayableAmount>{invoice.total}</ram:DuePayableAmount>
</ram:SpecifiedTradeSettlementHeaderMonetarySummation></ram:ApplicableHeaderTradeSettlement>"""


def _cii_tax(rate: Decimal, base: Decimal, tax: Decimal) -> str:
    return f"""<ram:ApplicableTradeTax><ram:CalculatedAmount>{tax}</ram:CalculatedAmount>
<ram:TypeCode>VAT</ram:TypeCode><ram:BasisAmount>{base}</ram:BasisAmount><ram:CategoryCode>S</ram:CategoryCode>
<ram:RateApplicablePercent>{rate}</ram:RateApplicablePercent></ram:ApplicableTradeTax>
"""


def ubl(invoice: Invoice) -> bytes:
    """The invoice as UBL, as Peppol BIS Billing 3 wants it."""
    lines = "".join(_ubl_line(number, line, invoice.currency) for number, line in enumerate(invoice.lines, 1))
    taxes = "".join(_ubl_tax(*entry, invoice.currency) for entry in invoice.taxes)
    return _document(f"""
<Invoice xmlns="{_UBL}:Invoice-2" xmlns:cac="{_UBL}:CommonAggregateComponents-2"
  xmlns:cbc="{_UBL}:CommonBasicComponents-2">
<cbc:CustomizationID>{_UNCL}#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0</cbc:CustomizationID>
<cbc:ProfileID>urn:fdc:peppol.eu:2017:poacc:billing:01:1.0</cbc:ProfileID>
<cbc:ID>{invoice.number}</cbc:ID>
<cbc:IssueDate>{invoice.issued}</cbc:IssueDate>
<cbc:DueDate>{invoice.due}</cbc:DueDate>
<cbc:InvoiceTypeCode>380</cbc:InvoiceTypeCode>
<cbc:DocumentCurrencyCode>{invoice.currency}</cbc:DocumentCurrencyCode>
<cac:OrderReference><cbc:ID>{invoice.order}</cbc:ID></cac:OrderReference>
{_ubl_party("Supplier", invoice.vendor)}{_ubl_party("Customer", invoice.buyer)}
<cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode>
<cac:PayeeFinancialAccount><cbc:ID>{invoice.iban}</cbc:ID></cac:PayeeFinancialAccount></cac:PaymentMeans>
{_ubl_discount(invoice)}
<cac:TaxTotal>{_ubl_amount("TaxAmount", invoice.tax, invoice.currency)}{taxes}</cac:TaxTotal>
{_ubl_sums(invoice)}{lines}
</Invoice>""")


def _ubl_amount(name: str, amount: Decimal, currency: str) -> str:
    return f'<cbc:{name} currencyID="{currency}">{amount}</cbc:{name}>\n'


def _ubl_party(role: str, party: Party) -> str:
    scheme = f"""<cac:PartyTaxScheme><cbc:CompanyID>{party.tax_id}</cbc:CompanyID>
<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>"""
    return f"""<cac:Accounting{role}Party><cac:Party><cac:PostalAddress>
<cbc:StreetName>{party.street}</cbc:StreetName><cbc:CityName>{party.city}</cbc:CityName>
<cbc:PostalZone>{party.postcode}</cbc:PostalZone>
<cac:Country><cbc:IdentificationCode>{party.country}</cbc:IdentificationCode></cac:Country></cac:PostalAddress>
{scheme if party.tax_id else ""}
<cac:PartyLegalEntity><cbc:RegistrationName>{escape(party.name)}</cbc:RegistrationName></cac:PartyLegalEntity>
</cac:Party></cac:Accounting{role}Party>
"""


def _ubl_discount(invoice: Invoice) -> str:
    rate = invoice.taxes[0][0]
    return f"""<cac:AllowanceCharge><cbc:ChargeIndicator>false</cbc:ChargeIndicator>
<cbc:AllowanceChargeReason>{invoice.discount_reason}</cbc:AllowanceChargeReason>
{_ubl_amount("Amount", invoice.discount, invoice.currency)}{_ubl_category("TaxCategory", rate)}</cac:AllowanceCharge>"""


def _ubl_category(name: str, rate: Decimal) -> str:
    return f"""<cac:{name}><cbc:ID>S</cbc:ID><cbc:Percent>{rate}</cbc:Percent>
<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:{name}>"""


def _ubl_tax(rate: Decimal, base: Decimal, tax: Decimal, currency: str) -> str:
    amounts = _ubl_amount("TaxableAmount", base, currency) + _ubl_amount("TaxAmount", tax, currency)
    return f"<cac:TaxSubtotal>{amounts}{_ubl_category('TaxCategory', rate)}</cac:TaxSubtotal>"


def _ubl_sums(invoice: Invoice) -> str:
    sums = {
        "LineExtensionAmount": invoice.line_total,
        "TaxExclusiveAmount": invoice.subtotal,
        "TaxInclusiveAmount": invoice.total,
        "AllowanceTotalAmount": invoice.discount,
        "PayableAmount": invoice.total,
    }
    amounts = "".join(_ubl_amount(name, amount, invoice.currency) for name, amount in sums.items())
    return f"<cac:LegalMonetaryTotal>{amounts}</cac:LegalMonetaryTotal>"


def _ubl_line(number: int, line: Line, currency: str) -> str:
    return f"""
<cac:InvoiceLine><cbc:ID>{number}</cbc:ID>
<cbc:InvoicedQuantity unitCode="{line.unit}">{line.quantity}</cbc:InvoicedQuantity>
{_ubl_amount("LineExtensionAmount", line.amount, currency)}<cac:Item><cbc:Name>{escape(line.description)}</cbc:Name>
{_ubl_category("ClassifiedTaxCategory", line.rate)}</cac:Item>
<cac:Price>{_ubl_amount("PriceAmount", line.price, currency)}</cac:Price></cac:InvoiceLine>"""
