"""What the terminal shows: the steps of a start, the summary, and what goes wrong later."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from config.local.supervision import State

console = Console(highlight=False)
_WRONG = re.compile(r"\b(?:ERROR|CRITICAL|FATAL|PANIC)\b|^\w+(?:\.\w+)*(?:Error|Exception): ")
MOST_LINES = 20  # of one program at a time; the rest is in its log


def step(text: str) -> None:
    console.print(f"[dim]·[/] {escape(text)}")


def problem(text: str, source: str = "") -> None:
    console.print(f"[bold red]{escape(source or 'error')}[/] {escape(text)}")


def summary(address: str, login: str, answers: Sequence[dict[str, Any]], data_dir: Path) -> None:
    """Where to go, how to sign in, what was read."""
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim")
    facts.add_column()
    for name, value in (
        ("Open", f"[bold]{address}/[/]"),
        ("Login", escape(login)),
        ("Review", f"{address}/admin/"),
        ("API", f"{address}/api/docs"),
        ("Data", escape(str(data_dir))),
        ("Stop", "Ctrl-C"),
    ):
        facts.add_row(name, value)
    parts: list[Any] = [facts]
    if answers:
        parts += ["", read(answers)]
    console.print(Panel(Group(*parts), title="[bold]Vouch[/]", title_align="left", expand=False, padding=(1, 2)))


def read(answers: Sequence[dict[str, Any]]) -> Table:
    """A table of what was read from some documents, given as `manage.py process --json` prints them."""
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="dim")
    table.add_column("Sample", no_wrap=True)
    table.add_column("Vendor")  # the one that gives way in a narrow terminal
    table.add_column("Number", no_wrap=True)
    table.add_column("Total", justify="right", no_wrap=True)
    table.add_column("Checks", no_wrap=True)
    for answer in answers:
        table.add_row(*_row(answer))
    return table


def _row(answer: dict[str, Any]) -> Iterator[str]:
    result = answer["result"] or {}
    fields = {name: str(field["value"]) for name, field in result.get("fields", {}).items()}
    yield escape(answer["file"])
    for name in ("vendor", "invoice_number"):
        yield escape(fields.get(name, "–"))
    yield escape(f"{fields.get('total', '–')} {fields.get('currency', '')}".strip())
    yield _verdict(answer)


def _verdict(answer: dict[str, Any]) -> str:
    if answer["error"]:
        return f"[red]✗ {escape(answer['error']['code'])}[/]"
    if answer["result"] is None:
        return f"[yellow]… {escape(answer['status'])}[/]"
    validation = answer["result"]["validation"]
    if issues := validation.get("issues"):
        return f"[yellow]! {len(issues)} to review[/]"
    return "[green]✓ sums agree[/]" if validation.get("math_ok") else "[green]✓[/]"


class Watch:
    """Notices programs that died, and errors in their logs, from its making on."""

    def __init__(self) -> None:
        self._pids: dict[str, int] = {}
        self._read: dict[Path, int] = {}

    def look(self, states: Sequence[State]) -> None:
        """Prints what happened since the last look."""
        for state in states:
            self._report_death(state)
            self._report_errors(state)

    def _report_death(self, state: State) -> None:
        before = self._pids.get(state.name, 0)
        if state.pid:
            self._pids[state.name] = state.pid
        if before and state.pid and state.pid != before:
            problem(f"died and was started again (see {state.log})", state.name)
        if state.state == "FATAL" and before != -1:
            self._pids[state.name] = -1
            problem(f"does not stay up. Its last words are in {state.log}", state.name)

    def _report_errors(self, state: State) -> None:
        wrong = [line for line in self._new_lines(state.log) if is_wrong(line)]
        for line in wrong[:MOST_LINES]:
            problem(short(line), state.name)
        if len(wrong) > MOST_LINES:
            problem(f"… and {len(wrong) - MOST_LINES} more in {state.log}", state.name)

    def _new_lines(self, log: Path) -> list[str]:
        size = log.stat().st_size if log.exists() else 0
        start = self._read.get(log, size)
        self._read[log] = size
        if size <= start:
            return []  # nothing new, or the file was rotated
        with log.open(errors="replace") as file:
            file.seek(start)
            return file.read(size - start).splitlines()


def is_wrong(line: str) -> bool:
    """Whether a line of a log tells of an error: by its level if it is an object of JSON, by its words if not."""
    entry = _entry(line)
    return bool(_WRONG.search(line)) if entry is None else entry.get("level") in ("error", "critical")


def short(line: str) -> str:
    """A line of a log for people: of JSON only what happened."""
    entry = _entry(line)
    if entry is None:
        return line
    exception = str(entry.get("exception", "")).strip().splitlines()
    return " ".join(str(part) for part in (entry.get("event"), entry.get("error"), *exception[-1:]) if part)


def _entry(line: str) -> dict[str, Any] | None:
    try:
        entry = json.loads(line)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
