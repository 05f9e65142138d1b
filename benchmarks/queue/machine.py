"""What a group of processes used of the machine, from /proc."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_STATE, _PARENT, _GROUP, _TIMES = 0, 1, 2, slice(11, 15)  # fields of /proc/<pid>/stat, from the third on


def group_seconds(group: int) -> float:
    """CPU seconds, user and system, of the living processes of a process group and the dead children of theirs."""
    return sum(_seconds(fields) for fields in _processes() if int(fields[_GROUP]) == group)


def family_seconds(parent: int) -> float:
    """CPU seconds of a process and its children, dead or alive: PostgreSQL's have each a group of their own."""
    children = sum(_seconds(fields) for fields in _processes() if int(fields[_PARENT]) == parent)
    return children + _seconds(_stat(parent))


def _seconds(fields: list[str]) -> float:
    return sum(int(one) for one in fields[_TIMES]) / _TICKS


def _processes() -> list[list[str]]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                found.append(_stat(int(folder.name)))
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended while we looked
    return found


def _stat(pid: int) -> list[str]:
    """The fields after the command's name, which may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
