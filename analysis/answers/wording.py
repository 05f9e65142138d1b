"""The product's own sentences in answers."""

NOT_FOUND = "The documents don't tell: no passage comes near the question."
NOT_FOUND_NEAR = "The documents don't seem to tell. The passages that come nearest are shown below."
WITHOUT_MODEL = "The language model did not answer ({code}); this is quoted from the documents instead."
CUT_SHORT = "The language model stopped before its answer was complete ({code})."
WIDENED = "Nothing was found of the documents that the question seems to mean, so all were searched."
