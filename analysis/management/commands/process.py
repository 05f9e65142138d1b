"""Sends files through the pipeline and prints what was found."""

import json
import time
from pathlib import Path
from typing import Any

from django.core.files import File
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from analysis import results
from analysis.models import Result
from analysis.submission import Submission, submit_file
from documents import tenancy
from documents.errors import DomainError
from documents.models import User
from jobs.models import Job

_POLL_SECONDS = 0.1


class Command(BaseCommand):
    help = "Processes FILES with the running workers and prints the results. Exits with 1 if any of them failed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument("--json", action="store_true", help="print JSON, one object per file in a list")
        parser.add_argument("--kind", default="", help="invoice, receipt or other; detected if not given")
        parser.add_argument("--user", help="whose workspace they go to; the first superuser if not given")
        parser.add_argument("--timeout", type=float, default=600, metavar="SECONDS", help="give up waiting after (600)")

    def handle(self, *args: Any, files: list[Path], **options: Any) -> None:
        user = _user(options["user"])
        submitted = [self._submit(path, user, options["kind"]) for path in files]
        jobs = [one.job for one in submitted if isinstance(one, Submission)]
        ended = _wait(jobs, user, options["timeout"], quiet=options["json"])
        answers = [_answer(path, one, ended, user) for path, one in zip(files, submitted, strict=True)]
        if options["json"]:
            self.stdout.write(json.dumps(answers, indent=2, ensure_ascii=False))
        else:
            _show(answers)
        if any(answer["error"] or answer["status"] != "done" for answer in answers):
            raise SystemExit(1)

    def _submit(self, path: Path, user: User, kind: str) -> Submission | DomainError:
        try:
            with path.open("rb") as file, tenancy.as_user(user):
                workspace_id = tenancy.personal_workspace(user).id
                return submit_file(File(file), filename=path.name, workspace_id=workspace_id, user=user, kind=kind)
        except OSError as error:
            raise CommandError(f"{path} can't be read: {error.strerror}.") from error
        except DomainError as error:
            return error


def _user(name: str | None) -> User:
    users = User.objects.filter(username=name) if name else User.objects.filter(is_superuser=True).order_by("pk")
    user = users.first()
    if user is None:
        raise CommandError("There is no such user; make one with `manage.py add_user NAME --superuser`.")
    return user


def _wait(jobs: list[Job], user: User, timeout: float, *, quiet: bool) -> dict[Any, Job]:
    """The jobs as they are when all have ended, or the time is up."""
    columns = TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn()
    give_up = time.monotonic() + timeout
    with Progress(*columns, console=Console(stderr=True), disable=quiet) as progress:
        bars = {job.id: progress.add_task(job.document.filename if job.document else "") for job in jobs}
        while True:
            with tenancy.as_user(user):
                now = {job.id: job for job in Job.objects.filter(pk__in=bars)}
            for job in now.values():
                progress.update(bars[job.id], completed=job.progress)
            if not any(job.is_open for job in now.values()) or time.monotonic() > give_up:
                return now
            time.sleep(_POLL_SECONDS)


def _answer(path: Path, one: Submission | DomainError, ended: dict[Any, Job], user: User) -> dict[str, Any]:
    if isinstance(one, DomainError):
        return {
            "file": path.name,
            "status": "refused",
            "error": {"code": one.code, "detail": one.detail},
            "result": None,
        }
    job = ended[one.job.id]
    with tenancy.as_user(user):
        result = Result.objects.filter(job=job).first()
        found = results.as_json(result) if result else None
    error = {"code": job.error_code, "detail": job.error_detail} if job.error_code else None
    head = {"file": path.name, "status": job.status, "document_id": str(one.document.id), "job_id": str(job.id)}
    return head | {"duplicate": one.duplicate, "partial": job.partial, "error": error, "result": found}


def _show(answers: list[dict[str, Any]]) -> None:
    table = Table("File", "Status", "Type", "Vendor", "Number", "Date", "Total", "Checks")
    for answer in answers:
        table.add_row(answer["file"], *_cells(answer))
    Console().print(table)


def _cells(answer: dict[str, Any]) -> list[str]:
    if answer["error"]:
        return [answer["status"], f"{answer['error']['code']}: {answer['error']['detail']}"]
    result = answer["result"]
    if result is None:
        return [answer["status"]]
    fields = {name: str(field["value"]) for name, field in result["fields"].items()}
    total = " ".join(filter(None, (fields.get("total"), fields.get("currency"))))
    issues = result["validation"].get("issues", [])
    checks = "passed" if not issues else "; ".join(issue["detail"] for issue in issues)
    read = [fields.get(name, "") for name in ("vendor", "invoice_number", "date")]
    return [
        answer["status"] + (", partial" if answer["partial"] else ""),
        result["document_type"],
        *read,
        total,
        checks,
    ]
