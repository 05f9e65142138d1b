"""The bundled documents that a new instance reads once, so that there is something to see."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from config.local.environment import BASE_DIR

FOLDER = BASE_DIR / "documents" / "samples"
TYPES = {".pdf", ".png", ".jpg", ".jpeg", ".tiff", ".webp", ".docx", ".xml", ".txt", ".md"}
SECONDS = 300


def read_once(data_dir: Path, username: str) -> list[dict[str, Any]]:
    """What was read from the samples, as `manage.py process --json` prints it; nothing from the second start on.

    Raises subprocess.TimeoutExpired, or ValueError if what is printed is not JSON.
    """
    stamp, files = data_dir / "samples-read", _files()
    if stamp.exists() or not files:
        return []
    command = [sys.executable, str(BASE_DIR / "manage.py"), "process", "--json", "--user", username, *map(str, files)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False, timeout=SECONDS)
    answers = list(json.loads(done.stdout or "[]"))
    if answers:
        stamp.touch()
    return answers


def _files() -> list[Path]:
    return sorted(file for file in FOLDER.glob("*") if file.suffix.lower() in TYPES and file.stem.upper() != "README")
