"""Routes of the pages."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from documents import views
from documents.account import ChangePassword

urlpatterns = [
    path("", views.upload, name="upload"),
    path("samples/<str:name>", views.submit_sample, name="submit-sample"),
    path("documents", views.library, name="library"),
    path("documents/<uuid:document_id>", views.document, name="document"),
    path("documents/<uuid:document_id>/text", views.document_text, name="document-text"),
    path("documents/<uuid:document_id>/join", views.join, name="document-join"),
    path("documents/<uuid:document_id>/delete", views.delete, name="document-delete"),
    path("login", LoginView.as_view(redirect_authenticated_user=True), name="login"),
    path("password", ChangePassword.as_view(), name="change-password"),
    path("logout", LogoutView.as_view(), name="logout"),
]
