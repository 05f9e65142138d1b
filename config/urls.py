"""All routes."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView

from analysis import answers_api as answers
from analysis import api as analysis
from analysis import reviews_api as reviews
from analysis import search_api as search
from config import schema  # noqa: F401 - registers how the schema describes our authentication
from config.health import healthz, readyz
from config.metrics import metrics
from documents import api as documents
from jobs import api as jobs
from jobs import queue_api as queues
from jobs import webhook_api as webhooks

handler500 = "config.errors.server_error"

api_v1: list[URLPattern | URLResolver] = [
    path("token", TokenObtainPairView.as_view(), name="api-token"),
    path("token/refresh", TokenRefreshView.as_view(), name="api-token-refresh"),
    path("analyze", analysis.Analyze.as_view(), name="api-analyze"),
    path("jobs", jobs.JobList.as_view(), name="api-jobs"),
    path("jobs/redrive", queues.Redrive.as_view(), name="api-jobs-redrive"),
    path("jobs/<uuid:job_id>", jobs.JobDetail.as_view(), name="api-job"),
    path("jobs/<uuid:job_id>/retry", jobs.JobRetry.as_view(), name="api-job-retry"),
    path("jobs/<uuid:job_id>/cancel", jobs.JobCancel.as_view(), name="api-job-cancel"),
    path("jobs/<uuid:job_id>/events", jobs.JobEvents.as_view(), name="api-job-events"),
    path("events", jobs.WorkspaceEvents.as_view(), name="api-events"),
    path("queues", queues.QueueList.as_view(), name="api-queues"),
    path("queues/<str:name>/pause", queues.QueuePause.as_view(), name="api-queue-pause"),
    path("queues/<str:name>/resume", queues.QueueResume.as_view(), name="api-queue-resume"),
    path("search", search.Search.as_view(), name="api-search"),
    path("results/<uuid:result_id>", analysis.ResultDetail.as_view(), name="api-result"),
    path("results/<uuid:result_id>/approve", analysis.ResultApproval.as_view(), name="api-result-approve"),
    path("reviews", reviews.ReviewList.as_view(), name="api-reviews"),
    path("reviews/verdict", reviews.ReviewVerdict.as_view(), name="api-review-verdict"),
    path("reviews/<uuid:job_id>", reviews.ReviewDetail.as_view(), name="api-review"),
    path("reviews/<uuid:job_id>/refused", reviews.ReviewRefused.as_view(), name="api-review-refused"),
    path("reviews/<uuid:job_id>/rows/<int:number>", reviews.ReviewRowDetail.as_view(), name="api-review-row"),
    path("documents", documents.DocumentList.as_view(), name="api-documents"),
    path("documents/<uuid:document_id>", documents.DocumentDetail.as_view(), name="api-document"),
    path("documents/<uuid:document_id>/join", documents.DocumentJoin.as_view(), name="api-document-join"),
    path("documents/<uuid:document_id>/file", documents.DocumentFile.as_view(), name="api-document-file"),
    path("documents/<uuid:document_id>/chunks", documents.DocumentChunks.as_view(), name="api-document-chunks"),
    path("documents/<uuid:document_id>/markdown", documents.DocumentMarkdown.as_view(), name="api-document-markdown"),
    path(
        "documents/<uuid:document_id>/pages/<int:number>.png", documents.PageImage.as_view(), name="api-document-page"
    ),
    path("processing/status/<uuid:document_id>", jobs.ProcessingStatus.as_view(), name="api-processing-status"),
    path("webhooks", webhooks.WebhookList.as_view(), name="api-webhooks"),
    path("webhooks/callback-secret", webhooks.CallbackSecret.as_view(), name="api-callback-secret"),
    path("webhooks/<uuid:webhook_id>", webhooks.WebhookDetail.as_view(), name="api-webhook"),
    path("webhooks/<uuid:webhook_id>/rotate-secret", webhooks.WebhookSecret.as_view(), name="api-webhook-secret"),
    path("webhooks/<uuid:webhook_id>/test", webhooks.WebhookTest.as_view(), name="api-webhook-test"),
    path("deliveries", webhooks.DeliveryList.as_view(), name="api-deliveries"),
    path("deliveries/replay", webhooks.DeliveriesReplay.as_view(), name="api-deliveries-replay"),
    path("deliveries/<uuid:delivery_id>", webhooks.DeliveryDetail.as_view(), name="api-delivery"),
    path("deliveries/<uuid:delivery_id>/replay", webhooks.DeliveryReplay.as_view(), name="api-delivery-replay"),
    path("ask", answers.Ask.as_view(), name="api-ask"),
    path("queries", answers.QueryList.as_view(), name="api-queries"),
    path("queries/<uuid:query_id>", answers.QueryDetail.as_view(), name="api-query"),
    path("queries/<uuid:query_id>/feedback", answers.QueryFeedback.as_view(), name="api-query-feedback"),
    path("metrics", metrics, name="api-metrics"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("api/v1/", include(api_v1)),
    path("api/schema", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/docs", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
    path("admin/", admin.site.urls),
    path("", include("documents.urls")),
    path("", include("jobs.urls")),
    path("", include("analysis.reviews_urls")),
    path("", include("analysis.urls")),
]
