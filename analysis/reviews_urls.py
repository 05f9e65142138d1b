"""Routes of the pages of reviews."""

from django.urls import path

from analysis import reviews_views as views

urlpatterns = [
    path("reviews", views.reviews, name="reviews"),
    path("reviews/<uuid:job_id>", views.batch, name="review-batch"),
    path("reviews/<uuid:job_id>/figures", views.batch_figures, name="review-figures"),
    path("reviews/<uuid:job_id>/rows", views.batch_rows, name="review-rows"),
    path("reviews/<uuid:job_id>/rows/<int:number>", views.batch_verdict, name="review-verdict"),
    path("reviews/<uuid:job_id>/insights", views.batch_insights, name="review-insights"),
    path("reviews/<uuid:job_id>/row", views.batch_row, name="review-row"),
    path("reviews/<uuid:job_id>/column", views.choose_column, name="review-column"),
    path("reviews/<uuid:job_id>/delete", views.delete, name="review-delete"),
]
