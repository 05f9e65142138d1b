"""Makes a user, or changes one."""

from getpass import getpass
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from documents import tenancy
from documents.models import User


class Command(BaseCommand):
    help = "Makes a user with a personal workspace. A user of that name is changed instead."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--password", help="asked for if not given; use - to read it from standard input")
        parser.add_argument("--email", default="")
        parser.add_argument("--staff", action="store_true", help="may use the admin, where all documents are seen")
        parser.add_argument("--superuser", action="store_true", help="may do everything in the admin")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        user = User.objects.filter(username=name).first() or User(username=name)
        is_new = user.pk is None
        user.email = options["email"] or user.email
        user.is_superuser = user.is_superuser or options["superuser"]
        user.is_staff = user.is_staff or user.is_superuser or options["staff"]
        user.set_password(self._password(options["password"], user))
        user.save()
        workspace = tenancy.personal_workspace(user)
        self.stdout.write(f"{'Made' if is_new else 'Changed'} {name}, with the workspace {workspace.id}.")

    def _password(self, given: str | None, user: User) -> str:
        password = input() if given == "-" else given or getpass(f"Password for {user.username}: ")
        try:
            validate_password(password, user)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        return password
