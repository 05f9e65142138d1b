"""Who PostgreSQL runs as: it refuses root, and root is who many containers and servers start us as."""

import functools
import os
import pwd
import subprocess
from pathlib import Path

from config.embedded import StartError
from config.embedded.processes import tool

NOBODY = 65534


def prefix(data: Path, server: Path) -> list[str]:
    """What to put before a command of PostgreSQL (`server`: its binary) that works on the existing folder `data`.

    Not root: nothing. Root: a user namespace in which root is called nobody, so that all files stay root's; where
    namespaces are forbidden (most containers), the owner of `data`, who becomes nobody if it was root.
    """
    owner = data.stat().st_uid
    if os.geteuid() != 0:
        if owner != os.geteuid():
            raise StartError(
                f"{data} belongs to {_name(owner)}. Start as that user, or set DATA_DIR to another folder."
            )
        return []
    if owner == 0 and namespaces_work():
        return [tool("unshare"), "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--"]
    return _as_owner(data, owner or NOBODY, server)


@functools.cache
def namespaces_work() -> bool:
    command = [tool("unshare"), "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--", "true"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _as_owner(data: Path, uid: int, server: Path) -> list[str]:
    """A prefix that gives root's identity away. It keeps the one right to pass through folders closed to others, where
    it may: the repository is often in a home that only its owner can enter."""
    _give(data, uid)
    drop = [tool("setpriv"), f"--reuid={uid}", f"--regid={_group(uid)}", "--clear-groups"]
    for rights in (["--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override"], []):
        candidate = [*drop, *rights, "--"]
        probe = [*candidate, "sh", "-c", '"$0" --version && test -w "$1"', str(server), str(data)]
        if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
            return candidate
    raise StartError(
        f"PostgreSQL does not run as root, and {_name(uid)} can't reach {server.parent} and {data}. "
        "Start as an ordinary user, or set DATABASE_URL to a PostgreSQL that runs elsewhere."
    )


def _give(folder: Path, uid: int) -> None:
    for path in (folder, *folder.rglob("*")):
        if path.lstat().st_uid != uid:
            os.chown(path, uid, _group(uid), follow_symlinks=False)


def _group(uid: int) -> int:
    try:
        return pwd.getpwuid(uid).pw_gid
    except KeyError:
        return uid


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
