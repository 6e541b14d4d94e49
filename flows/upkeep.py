"""Files that grow while newsfold is up: logs are begun anew, Prefect's database gives back what its retention freed."""

import os
import shutil
import sqlite3
from pathlib import Path

LOG_BYTES = 10_000_000
DATABASE_BYTES = 50_000_000
FREE_SHARE = 0.4


def trim(log: Path) -> bool:
    """Empties a log beyond its size that a process still writes to (at its end); what was in it stays as `.log.1`."""
    if not log.exists() or log.stat().st_size <= LOG_BYTES:
        return False
    shutil.copyfile(log, log.with_suffix(".log.1"))
    os.truncate(log, 0)
    return True


def shrink(database: Path) -> bool:
    """Rewrites an SQLite file of which much is free pages. Nobody may have it open; one that is in use stays as it is."""
    if not database.is_file() or database.stat().st_size <= DATABASE_BYTES:
        return False
    connection = sqlite3.connect(database, timeout=1)
    try:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        (free,) = connection.execute("PRAGMA freelist_count").fetchone()
        if free < pages * FREE_SHARE:
            return False
        connection.execute("VACUUM")
    except sqlite3.OperationalError:
        return False
    finally:
        connection.close()
    return True
