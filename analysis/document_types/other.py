"""Documents of no known type: they are read, kept and searched, but have no fields."""

from analysis.document_types import OTHER, DocumentType

TYPE = DocumentType(name=OTHER, label="Other")
