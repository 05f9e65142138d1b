"""What the API's views ask of a request: who calls, which values, which version."""

import re
from typing import Any, cast
from uuid import UUID

from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from documents.errors import InvalidInput, PreconditionFailed
from documents.models import Membership, User, Workspace

_OUR_ETAG = re.compile(r'(?:W/)?"(\d{1,9})"')  # a proxy that compresses makes it a weak one


class PreconditionRequired(APIException):
    status_code = 428
    default_code = "precondition_required"
    default_detail = "Send the ETag of the result that you changed in the header If-Match."


class AnyAccept(BaseContentNegotiation):
    """For views whose answer has one form only: a picture is a picture, whatever the Accept header says."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        renderer: BaseRenderer = renderers[0]
        return renderer, renderer.media_type


def caller(request: Request) -> User:
    """The user, in a view that lets nobody else in."""
    return cast(User, request.user)


def checked(serializer: type[serializers.Serializer[Any]], given: object) -> dict[str, Any]:
    """The validated values of a query or body. Raises ValidationError."""
    found = serializer(data=given)  # a body may be any JSON; is_valid refuses what is no object
    found.is_valid(raise_exception=True)
    return cast(dict[str, Any], found.validated_data)


def workspace_of(user: User, wanted: UUID | None) -> UUID:
    """The workspace that a request names, or the user's own. InvalidInput `unknown_workspace` for one of others."""
    if wanted is None:
        return Workspace.personal_id(user)
    if not Membership.objects.filter(user=user, workspace=wanted).exists():
        raise InvalidInput("unknown_workspace", "You belong to no workspace with that id; leave it out for your own.")
    return wanted


def expected_version(request: Request) -> int:
    """The version that If-Match names. Raises PreconditionRequired without one, PreconditionFailed for one not ours."""
    given = request.headers.get("If-Match", "").strip()
    if given in ("", "*"):
        raise PreconditionRequired
    ours = _OUR_ETAG.fullmatch(given)
    if ours is None:
        raise PreconditionFailed("version_mismatch", "If-Match must be the ETag that came with the result.")
    return int(ours[1])


def etag(version: int) -> str:
    return f'"{version}"'
