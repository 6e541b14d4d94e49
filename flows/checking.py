"""What the check of the archive looks at: each page's record is where the books say. Files only; the books are asked first."""

from pathlib import Path

from schemas.settings import Settings
from tasks.store.check import Broken, archived_places

_GZIP = b"\x1f\x8b"


def missing_records(settings: Settings) -> Broken | None:
    """Pages whose record is not in the archive; None when all are. Looks at each record's first bytes, not into it."""
    wrong: list[tuple[str, ...]] = []
    for file, offsets in archived_places(settings).items():
        wrong += [(file, str(offset)) for offset in _without_record(settings.archive_folder / file, offsets)]
    if not wrong:
        return None
    return Broken("pages whose record is not in the archive", len(wrong), tuple(wrong[:3]))


def _without_record(path: Path, offsets: list[int]) -> list[int]:
    if not path.is_file():
        return offsets
    missing = []
    with path.open("rb") as stream:
        for offset in sorted(offsets):
            stream.seek(offset)
            if stream.read(2) != _GZIP:
                missing.append(offset)
    return missing
