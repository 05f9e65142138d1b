"""PostgreSQL and Valkey from their wheels: the same engines as a cluster's, run as processes of whoever starts them."""


class StartError(Exception):
    """The local services can't start; the message is a sentence that says what to do."""
