"""Webhooks over HTTP: endpoints, their secrets, and what was delivered to them."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from config.idempotency import idempotent
from config.requests import caller, checked, workspace_of
from jobs.models import Delivery, WebhookEndpoint
from jobs.webhook_serializers import (
    CallbackSecretSerializer,
    DeliveryFilters,
    DeliverySerializer,
    ReplayedSerializer,
    ReplayRequest,
    WebhookChange,
    WebhookRequest,
    WebhookSerializer,
    WebhookWithSecretSerializer,
    WorkspaceQuery,
)
from jobs.webhooks import deliveries, endpoints, signing


class WebhookList(ListAPIView[WebhookEndpoint]):
    """The webhooks of the caller's workspaces, the latest first."""

    serializer_class = WebhookSerializer
    queryset = WebhookEndpoint.objects.all()

    @extend_schema(operation_id="list_webhooks")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(operation_id="create_webhook", request=WebhookRequest, responses={201: WebhookWithSecretSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """A new webhook. Its secret is told now and never again."""
        given = checked(WebhookRequest, request.data)
        user = caller(request)
        endpoint = endpoints.create(workspace_id=workspace_of(user, given.pop("workspace")), user=user, **given)
        location = {"Location": reverse("api-webhook", [endpoint.pk])}
        return Response(WebhookWithSecretSerializer(endpoint).data, status=201, headers=location)


class WebhookDetail(APIView):
    @extend_schema(operation_id="get_webhook", responses=WebhookSerializer)
    def get(self, request: Request, webhook_id: UUID) -> Response:
        """A webhook, without its secret."""
        return Response(WebhookSerializer(_endpoint(webhook_id)).data)

    @extend_schema(operation_id="change_webhook", request=WebhookChange, responses=WebhookSerializer)
    def patch(self, request: Request, webhook_id: UUID) -> Response:
        """Changes what is named. Switched off, its waiting deliveries become dead letters."""
        given = checked(WebhookChange, request.data)
        _endpoint(webhook_id)
        return Response(WebhookSerializer(endpoints.change(webhook_id, **given)).data)

    @extend_schema(operation_id="delete_webhook", responses={204: None})
    def delete(self, request: Request, webhook_id: UUID) -> Response:
        """Deletes it with its deliveries."""
        endpoints.delete(_endpoint(webhook_id).pk)
        return Response(status=204)


class WebhookSecret(APIView):
    @extend_schema(operation_id="rotate_webhook_secret", request=None, responses=WebhookWithSecretSerializer)
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """A new secret, told now and never again. The one before signs beside it for a day."""
        endpoint = endpoints.rotate_secret(_endpoint(webhook_id).pk)
        return Response(WebhookWithSecretSerializer(endpoint).data)


class WebhookTest(APIView):
    @extend_schema(operation_id="test_webhook", request=None, responses={202: DeliverySerializer})
    @idempotent
    def post(self, request: Request, webhook_id: UUID) -> Response:
        """Sends a `ping`. Ask for the delivery to see what became of it."""
        return _accepted(endpoints.ping(_endpoint(webhook_id).pk))


class CallbackSecret(APIView):
    @extend_schema(operation_id="get_callback_secret", parameters=[WorkspaceQuery], responses=CallbackSecretSerializer)
    def get(self, request: Request) -> Response:
        """What signs the callbacks of a workspace's jobs."""
        workspace = workspace_of(caller(request), checked(WorkspaceQuery, request.query_params)["workspace"])
        found = {"workspace_id": workspace, "secret": signing.callback_secret(workspace)}
        return Response(CallbackSecretSerializer(found).data, headers={"Cache-Control": "no-store"})


class DeliveryList(ListAPIView[Delivery]):
    """What was delivered or is to be, the latest first."""

    serializer_class = DeliverySerializer

    def get_queryset(self) -> QuerySet[Delivery]:
        return Delivery.objects.filter(**checked(DeliveryFilters, self.request.query_params))

    @extend_schema(operation_id="list_deliveries", parameters=[DeliveryFilters])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class DeliveryDetail(APIView):
    @extend_schema(operation_id="get_delivery", responses=DeliverySerializer)
    def get(self, request: Request, delivery_id: UUID) -> Response:
        """Where a delivery stands."""
        return Response(DeliverySerializer(_delivery(delivery_id)).data)


class DeliveryReplay(APIView):
    @extend_schema(operation_id="replay_delivery", request=None, responses={202: DeliverySerializer})
    def post(self, request: Request, delivery_id: UUID) -> Response:
        """Sends it once more, under the same id."""
        return _accepted(deliveries.replay(_delivery(delivery_id).pk))


class DeliveriesReplay(APIView):
    @extend_schema(operation_id="replay_deliveries", request=ReplayRequest, responses={202: ReplayedSerializer})
    def post(self, request: Request) -> Response:
        """Sends all dead letters once more, but those to webhooks that are switched off."""
        chosen = Delivery.objects.filter(**checked(ReplayRequest, request.data))
        return Response({"replayed": deliveries.replay_all(chosen)}, status=202)


def _endpoint(webhook_id: UUID) -> WebhookEndpoint:
    return get_object_or_404(WebhookEndpoint, pk=webhook_id)


def _delivery(delivery_id: UUID) -> Delivery:
    return get_object_or_404(Delivery, pk=delivery_id)


def _accepted(delivery: Delivery) -> Response:
    location = {"Location": reverse("api-delivery", [delivery.pk])}
    return Response(DeliverySerializer(_delivery(delivery.pk)).data, status=202, headers=location)
