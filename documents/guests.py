"""Users without an account, known by a signed token alone, with a workspace of their own, gone after a while."""

import uuid
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.db.models.functions import Now

from documents import tenancy
from documents.models import Document, User, Workspace
from documents.removal import remove

_PREFIX = "guest:"  # no name that people can register has a colon
_SIGNER = "documents.guests"


def create() -> User:
    """A new guest, who can't sign in by a password."""
    guest = User(username=_PREFIX + uuid.uuid4().hex)
    guest.set_unusable_password()
    guest.save()
    return guest


def is_guest(user: User | AnonymousUser) -> bool:
    return user.username.startswith(_PREFIX)


def token(guest: User) -> str:
    """What a guest shows to be known again. It ends with the guest."""
    return signing.TimestampSigner(salt=_SIGNER).sign(guest.username.removeprefix(_PREFIX))


def find(shown: str) -> User | None:
    """The guest of a token; None if it was made up or is too old."""
    try:
        name = signing.TimestampSigner(salt=_SIGNER).unsign(shown, max_age=timedelta(hours=settings.GUEST_HOURS))
    except signing.BadSignature:
        return None
    return User.objects.filter(username=_PREFIX + name, is_active=True).first()


def remove_expired() -> int:
    """Removes guests after GUEST_HOURS, with all that they sent; returns how many."""
    oldest = Now() - timedelta(hours=settings.GUEST_HOURS)
    expired = list(User.objects.filter(username__startswith=_PREFIX, date_joined__lt=oldest))
    for guest in expired:
        with tenancy.as_workspace(Workspace.personal_id(guest)):
            for document in Document.objects.only("workspace_id", "storage_key"):
                remove(document)
            guest.delete()
    return len(expired)
