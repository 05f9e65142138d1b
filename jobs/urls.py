"""Routes of the page of jobs."""

from django.urls import path

from jobs import views

urlpatterns = [
    path("jobs", views.jobs, name="jobs"),
    path("jobs/<uuid:job_id>/row", views.job_row, name="job-row"),
]
