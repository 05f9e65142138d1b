"""What came in: users, their workspaces (the tenants), documents and their pages."""

import uuid
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models

from documents import alphabets
from documents.pages import Box, PageReading, Word
from documents.rls import RowLevelSecurity

# uuid5 namespaces: the same input makes the same id on every machine, so that a race makes one row and not two.
_WORKSPACES = uuid.UUID("5b0f6f0e-52d2-5a0a-9d6e-0d2a5b1f3c01")
_DOCUMENTS = uuid.UUID("5b0f6f0e-52d2-5a0a-9d6e-0d2a5b1f3c02")


class User(AbstractUser):
    """A person or a program that signs in."""


class Workspace(models.Model):
    """The tenant: who belongs to it sees its documents, and nobody else does."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=150)
    personal_owner = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="personal_workspace"
    )
    members: "models.ManyToManyField[User, Membership]" = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Membership", related_name="workspaces"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [RowLevelSecurity(name="documents_workspace_rls", column="id")]

    def __str__(self) -> str:
        return self.name

    @staticmethod
    def personal_id(user: User) -> uuid.UUID:
        return uuid.uuid5(_WORKSPACES, str(user.pk))


class Membership(models.Model):
    """A user's place in a workspace."""

    class Role(models.TextChoices):
        OWNER = "owner"
        MEMBER = "member"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workspace", "user"], name="documents_membership_unique"),
            RowLevelSecurity(name="documents_membership_rls", own_column="user_id"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.workspace}"


class Document(models.Model):
    """A file as it came in: its bytes are in the storage under `storage_key`, unchanged, and their hash is `sha256`.

    The id is made of workspace and hash, so the same bytes are the same document however often they are sent.

    A part is a document that was cut out of another, its `parent`: pages `first_page` to `last_page` of that one.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="documents")
    sha256 = models.CharField("SHA-256", max_length=64)
    filename = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100)
    size = models.BigIntegerField(help_text="bytes")
    storage_key = models.CharField(max_length=255)
    page_count = models.PositiveIntegerField(null=True, blank=True, help_text="known once the document was opened")
    markdown = models.TextField(blank=True, help_text="normalised: NFC, LF, one blank line between blocks")
    markdown_sha256 = models.CharField("Markdown's SHA-256", max_length=64, blank=True)
    reading_version = models.CharField(max_length=200, blank=True, help_text="engines and versions that read it")
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="parts")
    first_page = models.PositiveIntegerField(null=True, blank=True, help_text="of the parent, if this is a part")
    last_page = models.PositiveIntegerField(null=True, blank=True, help_text="of the parent, if this is a part")
    joined = models.BooleanField(default=False, help_text="a person said that it is one document: never cut")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [
            models.Index(fields=["workspace", "-created_at", "id"], name="documents_recent"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["parent", "first_page", "last_page"], name="documents_document_part"),
            RowLevelSecurity(name="documents_document_rls"),
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def is_part(self) -> bool:
        """Also of a document that was deleted since."""
        return self.first_page is not None

    @property
    def alphabet(self) -> str:
        """The one of documents.alphabets that was asked for when it was read last; blank: the installation's."""
        return alphabets.of(self.reading_version)

    @property
    def alphabet_name(self) -> str:
        """The same for people."""
        return alphabets.NAMES.get(self.alphabet, "")

    @staticmethod
    def id_for(workspace_id: uuid.UUID, sha256: str) -> uuid.UUID:
        return uuid.uuid5(_DOCUMENTS, f"{workspace_id}:{sha256}")

    @staticmethod
    def key_for(workspace_id: uuid.UUID, document_id: uuid.UUID) -> str:
        """Nothing that a user typed goes into a storage key."""
        return f"{workspace_id}/{document_id}/original"


class PageColumns(models.Model):
    """What is kept of one page's reading; `error` says why it could not be read. Units are PageReading's."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    width = models.FloatField(default=0)
    height = models.FloatField(default=0)
    rotation = models.PositiveSmallIntegerField(default=0)
    source = models.CharField(max_length=10, default="none")
    words = models.JSONField(default=list, help_text="[[text, x0, y0, x1, y1, confidence], …] in reading order")
    markdown = models.TextField(blank=True)
    error = models.CharField(max_length=60, blank=True)
    detail = models.TextField(blank=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"page {self.number}"

    @classmethod
    def of(cls, document: Document, reading: PageReading, **more: object) -> Self:
        """The row for a reading, unsaved."""
        return cls(
            workspace_id=document.workspace_id,
            document=document,
            words=[
                [word.text, *(round(side, 2) for side in word.box), round(word.confidence, 3)] for word in reading.words
            ],
            **{name: getattr(reading, name) for name in _COPIED},
            **more,
        )

    def reading(self) -> PageReading:
        """The reading that this row keeps."""
        copied = {name: getattr(self, name) for name in _COPIED}
        return PageReading(words=tuple(Word(*word) for word in self.words), **copied)


class Page(PageColumns):
    """One page as readers see it: always of the last reading that was finished."""

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="pages")

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["document", "number"], name="documents_page_unique"),
            RowLevelSecurity(name="documents_page_rls"),
        ]

    def box_percent(self, box: Box) -> dict[str, float]:
        """Where a box lies, in per cent of the page, for pages that are shown at any size."""
        width, height = self.width or 1, self.height or 1
        return {
            "left": 100 * box.x0 / width,
            "top": 100 * box.y0 / height,
            "width": 100 * (box.x1 - box.x0) / width,
            "height": 100 * (box.y1 - box.y0) / height,
        }


class PageDraft(PageColumns):
    """A page of a reading that is under way, buffered until all pages are there; `documents.drafts` swaps them in.

    `run` is the reading's id: two readings of one document don't mix.
    """

    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="+")
    run = models.UUIDField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "number"], name="documents_pagedraft_unique"),
            RowLevelSecurity(name="documents_pagedraft_rls"),
        ]


class IdempotencyKey(models.Model):
    """What a request that carried an Idempotency-Key was answered, so that the same request again is answered the same.

    Written in the transaction of what the request did: the key of a request that failed is free again.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of method, path and body")
    status = models.PositiveSmallIntegerField(default=0, help_text="of the answer")
    body = models.TextField(blank=True, default="", help_text="JSON, to the byte as it was sent")
    location = models.CharField(max_length=500, blank=True, help_text="the answer's header of that name")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "key"], name="documents_idempotencykey_unique"),
            RowLevelSecurity(name="documents_idempotencykey_rls", roles=("staff", "sweeper")),  # who removes old ones
        ]

    def __str__(self) -> str:
        return self.key


_COPIED = ("number", "width", "height", "rotation", "source", "markdown", "error", "detail")
