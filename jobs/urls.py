"""Routes of the pages of jobs."""

from django.urls import path

from jobs import view_actions, views

urlpatterns = [
    path("jobs", views.jobs, name="jobs"),
    path("jobs/board", views.jobs_board, name="jobs-board"),
    path("jobs/history", views.jobs_history, name="jobs-history"),
    path("jobs/many", view_actions.many, name="jobs-many"),
    path("jobs/<uuid:job_id>", views.job, name="job"),
    path("jobs/<uuid:job_id>/row", views.job_row, name="job-row"),
    path("jobs/<uuid:job_id>/retry", view_actions.retry, name="job-retry"),
    path("jobs/<uuid:job_id>/cancel", view_actions.cancel, name="job-cancel"),
]
