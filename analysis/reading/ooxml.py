"""Elements of Office documents by their local names, whatever namespace their edition has."""

from lxml import etree


def name_of(element: etree._Element) -> str:
    return etree.QName(element).localname


def child(parent: etree._Element, name: str) -> etree._Element | None:
    """The first child of that name."""
    return next((one for one in parent.iterchildren("*") if name_of(one) == name), None)


def attribute(element: etree._Element, name: str) -> str | None:
    """The attribute of that local name."""
    return next((str(value) for key, value in element.attrib.items() if etree.QName(key).localname == name), None)


def value_of(parent: etree._Element | None, name: str) -> str | None:
    """The `val` of the child of that name."""
    found = None if parent is None else child(parent, name)
    return None if found is None else attribute(found, "val")
