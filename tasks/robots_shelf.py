"""The robots.txt files that were just fetched: batches and processes that run side by side ask a host for it once.

The store has a file only when its batch has been fetched. Until then it lies here, in a folder beside the lanes. Whoever
looks and then asks holds the lane of that file meanwhile (`Lanes.alone`).
"""

import json
import time
from contextlib import suppress
from datetime import datetime
from hashlib import blake2b
from pathlib import Path

from schemas.reasons import Reason
from tasks.seen_files import SeenFile

# Longer than a batch takes; by then the store has it.
_KEPT_SECONDS = 3600


def find(folder: Path | None, origin: str) -> SeenFile | None:
    """The file of an origin if some call has got it within the hour."""
    path = _path(folder, origin)
    if path is None or not _is_young(path):
        return None
    try:
        of, at, text, status, problem = json.loads(path.read_text(encoding="utf-8"))
        return SeenFile(datetime.fromisoformat(at), text, status, Reason(problem) if problem else None) if of == origin else None
    except (OSError, ValueError, TypeError):  # half a file, after a crash
        return None


def put(folder: Path | None, origin: str, seen: SeenFile) -> None:
    """Keeps a file for the others. Where the folder can't be written, they ask again."""
    path = _path(folder, origin)
    if path is None:
        return
    with suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        # Nobody reads meanwhile: the lane is held.
        path.write_text(json.dumps([origin, seen.fetched_at.isoformat(), seen.text, seen.status, seen.problem]), encoding="utf-8")


def clear(folder: Path | None) -> None:
    """Removes what nobody looks for any more."""
    for path in folder.glob("*.json") if folder is not None else ():
        if not _is_young(path):
            path.unlink(missing_ok=True)


def _path(folder: Path | None, origin: str) -> Path | None:
    return folder / f"{blake2b(origin.encode(), digest_size=12).hexdigest()}.json" if folder is not None else None


def _is_young(path: Path) -> bool:
    try:
        return time.time() - path.stat().st_mtime < _KEPT_SECONDS
    except FileNotFoundError:
        return False
