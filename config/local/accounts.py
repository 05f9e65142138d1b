"""The first administrator of a local instance."""

import secrets

from documents.models import User


def ensure_admin(username: str, password: str) -> str | None:
    """Makes the administrator if there is no such user; gives the password if it had to be made up.

    An existing user is left alone, unless a password is given: then that one is set.
    """
    user = User.objects.filter(username=username).first()
    if user is None:
        made_up = None if password else secrets.token_urlsafe(9)
        User.objects.create_superuser(username, password=password or made_up)
        return made_up
    if password and not user.check_password(password):
        user.set_password(password)
        user.save(update_fields=["password"])
    return None
