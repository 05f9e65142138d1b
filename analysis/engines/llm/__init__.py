"""A language model behind any server that speaks OpenAI's chat protocol; optional, and off without LLM_URL.

`client.complete` asks one question, `reading.readings` the fields of a document; what it answers counts only as far as
it is printed on the page.
"""
