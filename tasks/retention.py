"""What may go from the archive and from the snapshots. Pure: lists of files in, names out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

_DAY = re.compile(r"newsfold-(\d{8})-\d+\.warc\.gz")
# The file of today and yesterday may still be written to, by a run that began before midnight.
YOUNGEST = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file's name and size in bytes."""

    name: str
    size: int


def archive_to_remove(files: Sequence[StoredFile], days: int, gigabytes: float, now: datetime) -> list[StoredFile]:
    """The archive's files that are older than `days` or beyond `gigabytes` in all, the oldest first; 0 means no limit."""
    dated = sorted((day, file.name, file) for file in files if (day := day_of(file.name)) is not None)
    removable = [(day, file) for day, _, file in dated if now.date() - day >= YOUNGEST]
    gone = [file for day, file in removable if days and (now.date() - day).days > days]
    left = sum(file.size for file in files) - sum(file.size for file in gone)
    for _, file in removable:
        if not gigabytes or left <= gigabytes * 1e9:
            break
        if file not in gone:
            gone.append(file)
            left -= file.size
    return gone


def day_of(name: str) -> date | None:
    """The UTC day of an archive file, None for a file that is none."""
    found = _DAY.fullmatch(name)
    return datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC).date() if found else None


def snapshots_to_remove(names: Sequence[str], keep: int) -> list[str]:
    """All but the newest `keep` dated copies."""
    ordered = sorted(name for name in names if re.fullmatch(r"newsfold-\d{4}-\d\d-\d\d\.duckdb", name))
    return ordered[: max(len(ordered) - keep, 0)]
