"""The page on which people change their own password."""

from django.contrib.auth.views import PasswordChangeView
from django.contrib.messages.views import SuccessMessageMixin
from django.urls import reverse_lazy


class ChangePassword(SuccessMessageMixin, PasswordChangeView):  # type: ignore[type-arg]
    """Django's own. This session goes on; the user's others end, and so do all tokens (see docs/api.md)."""

    template_name = "registration/change_password.html"
    success_url = reverse_lazy("upload")
    success_message = "Your password is changed. Programs that used the old one need a new token."
