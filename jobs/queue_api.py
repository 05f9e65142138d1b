"""Queues and many jobs at once over HTTP: redrive for everybody's own, queues for those who operate the site."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.idempotency import idempotent
from config.requests import caller, checked
from documents import tenancy
from jobs import board, control, queues
from jobs.models import Job, Status
from jobs.stages import QUEUES

MOST_AT_ONCE = 1_000  # jobs of one request: it is one transaction
_REASONS = 20


class RedriveRequest(serializers.Serializer[Any]):
    """Which of the caller's dead letters; without any condition all of them."""

    error_code = serializers.CharField(max_length=60, required=False)
    kind = serializers.CharField(max_length=40, required=False)
    job_ids = serializers.ListField(
        child=serializers.UUIDField(), max_length=MOST_AT_ONCE, allow_empty=False, required=False
    )
    from_stage = serializers.CharField(
        max_length=40, default="", allow_blank=True, help_text="the name of a stage; else where each stopped"
    )
    dry_run = serializers.BooleanField(default=False, help_text="count, and do nothing")


class RefusalSerializer(serializers.Serializer[Any]):
    job_id = serializers.UUIDField()
    detail = serializers.CharField()


class RedriveSerializer(serializers.Serializer[Any]):
    matched = serializers.IntegerField(help_text="dead letters that fit")
    started = serializers.IntegerField()
    refused = serializers.IntegerField()
    refusals = RefusalSerializer(many=True, help_text=f"the first {_REASONS} of those refused, with the reason")
    left = serializers.IntegerField(help_text=f"not tried yet: a request takes {MOST_AT_ONCE:,}, so send it again")


class Redrive(APIView):
    @extend_schema(operation_id="redrive_jobs", request=RedriveRequest, responses=RedriveSerializer)
    @idempotent
    def post(self, request: Request) -> Response:
        """Starts the caller's jobs in the dead letters again: all, or those of a cause, a kind or a list of ids."""
        given = checked(RedriveRequest, request.data)
        chosen = _dead_letters(given)
        matched = chosen.count()
        done = control.Redriven()
        if not given["dry_run"]:
            batch = Job.objects.filter(pk__in=list(chosen.values_list("pk", flat=True)[:MOST_AT_ONCE]))
            done = control.redrive(batch, from_stage=given["from_stage"], user=caller(request))
        refusals = [{"job_id": job_id, "detail": detail} for job_id, detail in done.refused.items()]
        answer = {
            "matched": matched,
            "started": done.started,
            "refused": len(refusals),
            "refusals": refusals[:_REASONS],
            "left": matched - done.started - len(refusals),
        }
        return Response(RedriveSerializer(answer).data)


def _dead_letters(given: dict[str, Any]) -> QuerySet[Job]:
    names = {"error_code": "error_code", "kind": "kind", "job_ids": "pk__in"}
    conditions = {names[name]: value for name, value in given.items() if name in names}
    return Job.objects.filter(status=Status.DEADLETTER, **conditions).order_by("created_at")


class QueueSerializer(serializers.Serializer[board.QueueState]):
    name = serializers.ChoiceField(choices=QUEUES)
    waiting = serializers.IntegerField(source="load.waiting", help_text="tasks that a worker could take now")
    retrying = serializers.IntegerField(source="load.backing_off", help_text="failed tasks that are not due yet")
    working = serializers.IntegerField(source="load.working", help_text="tasks that workers hold")
    oldest_seconds = serializers.SerializerMethodField(help_text="how long the longest waits")
    paused = serializers.SerializerMethodField()
    paused_since = serializers.DateTimeField(source="pause.since", default=None, allow_null=True)
    reason = serializers.CharField(source="pause.reason", default="", help_text="why it is paused")

    def get_oldest_seconds(self, queue: board.QueueState) -> float | None:
        """Null if nothing waits."""
        return round(queue.load.oldest.total_seconds(), 3) if queue.load.oldest is not None else None

    def get_paused(self, queue: board.QueueState) -> bool:
        return queue.pause is not None


class QueuesSerializer(serializers.Serializer[Any]):
    queues = QueueSerializer(many=True)


class PauseRequest(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200, default="", allow_blank=True, help_text="shown to all users")


class Operators(IsAuthenticated):
    """Staff with the permission that the same thing needs in the admin."""

    def has_permission(self, request: Any, view: Any) -> bool:
        needed = "jobs.view_job" if request.method in ("GET", "HEAD", "OPTIONS") else "jobs.change_job"
        user = request.user
        return super().has_permission(request, view) and user.is_staff and user.has_perm(needed)


class QueueList(APIView):
    permission_classes = (Operators,)

    @extend_schema(operation_id="list_queues", responses=QueuesSerializer)
    def get(self, request: Request) -> Response:
        """What waits and runs in each queue, over all workspaces."""
        return _answer()


_QUEUE = OpenApiParameter("name", str, OpenApiParameter.PATH, enum=QUEUES)


class QueuePause(APIView):
    permission_classes = (Operators,)

    @extend_schema(operation_id="pause_queue", parameters=[_QUEUE], request=PauseRequest, responses=QueuesSerializer)
    def post(self, request: Request, name: str) -> Response:
        """No task of the queue is begun until it is resumed; what runs goes on."""
        queues.pause(name, user=caller(request), reason=checked(PauseRequest, request.data)["reason"])
        return _answer()


class QueueResume(APIView):
    permission_classes = (Operators,)

    @extend_schema(operation_id="resume_queue", parameters=[_QUEUE], request=None, responses=QueuesSerializer)
    def post(self, request: Request, name: str) -> Response:
        """Its tasks are begun again."""
        queues.resume(name, user=caller(request))
        return _answer()


def _answer() -> Response:
    with tenancy.as_sweeper():  # sees the tasks of all workspaces, and no document
        return Response(QueuesSerializer({"queues": board.of_queues()}).data)
