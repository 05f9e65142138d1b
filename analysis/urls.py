"""Routes of the pages of search and answers."""

from django.urls import path

from analysis import views

urlpatterns = [
    path("search", views.search, name="search"),
    path("search/places", views.places, name="search-places"),
    path("ask", views.ask, name="ask"),
    path("ask/<uuid:document_id>", views.ask, name="ask-document"),
]
