"""What people call kinds of documents."""

from django import template

from analysis import document_types

register = template.Library()


@register.filter
def kind(name: str | None) -> str:
    """The label of a document type by its name: "Insurance claim"; "Document" where nothing is known of it yet."""
    return document_types.known(name).label if name else "Document"
