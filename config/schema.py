"""What the OpenAPI schema says of every operation alike: how to sign in, and the form of an error."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_bearer_security_scheme_object

from analysis import document_types
from analysis.reviews.submission import KIND

_PROBLEM = {
    "type": "object",
    "description": "RFC 9457; `code` is stable",
    "required": ["type", "title", "status", "detail", "instance", "code", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "message"],
                "properties": {name: {"type": "string"} for name in ("field", "code", "message")},
            },
        },
    },
}
_DEFAULT = {
    "description": "The request failed; `code` says why, `detail` what to do.",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


class KindNames(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """The document types that there are now, those of operators included."""

    target_class = "analysis.serializers.KindField"

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        return {"type": "string", "enum": ["", *document_types.names(), KIND]}


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "config.authentication.BearerAuthentication"
    name = "bearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        found: dict[str, Any] = build_bearer_security_scheme_object("Authorization", "Bearer", "JWT")
        return found


class GuestScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "config.guests.GuestAuthentication"
    name = "guest"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        """Where guests are let in."""
        return {"type": "apiKey", "in": "header", "name": "X-Guest-Token"}


def add_problems(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """A POSTPROCESSING_HOOK: every operation can answer with a problem."""
    result["components"]["schemas"]["Problem"] = _PROBLEM
    for methods in result["paths"].values():
        for operation in methods.values():
            operation["responses"]["default"] = _DEFAULT
    return result
