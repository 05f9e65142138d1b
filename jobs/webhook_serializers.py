"""Webhooks as the API shows them, and what it takes in about them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from jobs.models import WAITING, Delivery, Status, WebhookEndpoint
from jobs.serializers import CauseSerializer
from jobs.webhooks.payloads import TYPES


class WebhookSerializer(serializers.ModelSerializer[WebhookEndpoint]):
    """An endpoint without its secret."""

    webhook_id = serializers.UUIDField(source="id")
    workspace_id = serializers.UUIDField()

    class Meta:
        model = WebhookEndpoint
        fields = ("webhook_id", "workspace_id", "url", "events", "description", "active", "created_at")


class WebhookWithSecretSerializer(WebhookSerializer):
    """What is answered once, to whoever made the secret."""

    class Meta(WebhookSerializer.Meta):
        fields = (*WebhookSerializer.Meta.fields, "secret")  # type: ignore[assignment]


class _Wishes(serializers.Serializer[Any]):
    events = serializers.ListField(
        child=serializers.ChoiceField(choices=TYPES), max_length=20, required=False, help_text="empty: all types"
    )
    description = serializers.CharField(max_length=200, allow_blank=True, required=False)


class WebhookChange(_Wishes):
    """What can be changed; what is not named stays."""

    url = serializers.CharField(max_length=500, required=False, help_text="https:// or http://, of a public host")
    active = serializers.BooleanField(required=False)


class WebhookRequest(_Wishes):
    url = serializers.CharField(max_length=500, help_text="https:// or http://, of a public host")
    workspace = serializers.UUIDField(default=None, help_text="one that you belong to; else your own")


class WorkspaceQuery(serializers.Serializer[Any]):
    workspace = serializers.UUIDField(default=None, help_text="one that you belong to; else your own")


class CallbackSecretSerializer(serializers.Serializer[Any]):
    workspace_id = serializers.UUIDField()
    secret = serializers.CharField(help_text="signs what is sent to the callback_url of the workspace's jobs")


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    delivery_id = serializers.UUIDField(source="id", help_text="the header webhook-id of every attempt")
    webhook_id = serializers.UUIDField(source="endpoint_id", allow_null=True, help_text="null: a job's callback_url")
    job_id = serializers.UUIDField(allow_null=True)
    error = serializers.SerializerMethodField()
    next_attempt_at = serializers.SerializerMethodField()
    payload = serializers.DictField(help_text="the body that is sent")

    class Meta:
        model = Delivery
        fields = (
            "delivery_id",
            "webhook_id",
            "job_id",
            "url",
            "type",
            "status",
            "attempts",
            "response_status",
            "error",
            "next_attempt_at",
            "created_at",
            "last_attempt_at",
            "finished_at",
            "payload",
        )

    @extend_schema_field(CauseSerializer(allow_null=True))
    def get_error(self, delivery: Delivery) -> dict[str, str] | None:
        """Why the last attempt failed; null if it did not."""
        return {"code": delivery.error_code, "detail": delivery.error_detail} if delivery.error_code else None

    @extend_schema_field(serializers.DateTimeField(allow_null=True))
    def get_next_attempt_at(self, delivery: Delivery) -> str | None:
        """The earliest time; later if the receiver fails others meanwhile. Null if none is planned."""
        return serializers.DateTimeField().to_representation(delivery.due_at) if delivery.status in WAITING else None


class DeliveryFilters(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=Status.choices, required=False)
    endpoint = serializers.UUIDField(required=False)
    job = serializers.UUIDField(required=False)


class ReplayRequest(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=[Status.DEADLETTER.value])
    endpoint = serializers.UUIDField(required=False, help_text="of this webhook alone")


class ReplayedSerializer(serializers.Serializer[Any]):
    replayed = serializers.IntegerField(help_text="deliveries that are sent again")
