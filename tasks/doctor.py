"""What `newsfold doctor` looks at: each check is a small function that takes values and says ok, warn or fail."""

import os
import re
import resource
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import metadata
from pathlib import Path
from typing import Literal
from zoneinfo import available_timezones

from packaging.requirements import Requirement

from schemas.errors import UserError
from schemas.settings import Settings
from tasks.entities import MODEL
from tasks.store.master import holding, is_there, master_folder, master_path
from tasks.store.migrate import known_migrations
from tasks.store.status import schema_version

Level = Literal["ok", "warn", "fail"]
LEAST_PYTHON = (3, 11)
FAIL_BYTES, WARN_BYTES = 500_000_000, 5_000_000_000
LEAST_FILES = 1024
_SHARED = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "fuse.glusterfs"})
_SKEW = timedelta(minutes=5)
_DAMPER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at; `advice` says what to do when it is not ok."""

    name: str
    level: Level
    found: str
    advice: str = ""


def examine(settings: Settings, now: datetime) -> list[Check]:
    """All checks but the settings' own (which were read to come here). Makes no store where there is none."""
    model, libraries = required(metadata.requires("newsfold") or [])
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return [
        python_version(sys.version_info[:3]),
        *library_versions(libraries),
        spacy_model(model),
        timezone(settings.timezone),
        writable(settings.home),
        disk(shutil.disk_usage(_existing(settings.home)).free),
        open_files(limit, resource.RLIM_INFINITY),
        *store(settings, now),
        leftovers(settings, now),
        file_system(settings.home, Path("/proc/self/mounts")),
    ]


def required(lines: Iterable[str]) -> tuple[Requirement | None, list[Requirement]]:
    """The model's requirement, and those of the libraries that apply to this Python."""
    wanted = [Requirement(line) for line in lines]
    wanted = [line for line in wanted if line.marker is None or line.marker.evaluate({"extra": ""})]
    model = next((line for line in wanted if line.name.replace("-", "_") == MODEL), None)
    return model, [line for line in wanted if line is not model]


def python_version(version: tuple[int, ...]) -> Check:
    """Python is new enough."""
    text = ".".join(map(str, version))
    if version[:2] < LEAST_PYTHON:
        return Check("python", "fail", text, "newsfold needs Python 3.11 or newer")
    return Check("python", "ok", text)


def library_versions(wanted: Iterable[Requirement]) -> list[Check]:
    """Every library is there in a version that newsfold works with; one line when all are."""
    bad = [check for check in (_library(line, "library") for line in wanted) if check.level != "ok"]
    return bad or [Check("libraries", "ok", "all in versions that newsfold works with")]


def spacy_model(wanted: Requirement | None) -> Check:
    """The spaCy model is there, under its name and in its version."""
    return _library(wanted or Requirement(MODEL), "spaCy model")


def _library(wanted: Requirement, kind: str) -> Check:
    advice = "install newsfold again with its requirements.lock"
    try:
        version = metadata.version(wanted.name)
    except metadata.PackageNotFoundError:
        return Check(kind, "fail", f"{wanted.name} is missing", advice)
    if not wanted.specifier.contains(version, prereleases=True):
        return Check(kind, "fail", f"{wanted.name} is {version}, newsfold wants {wanted.specifier}", advice)
    return Check(kind, "ok", f"{wanted.name} {version}")


def timezone(name: str) -> Check:
    """The zone is known on this machine."""
    if name in available_timezones():
        return Check("timezone", "ok", name)
    return Check("timezone", "fail", f"{name} is not known here", "set NEWSFOLD_TIMEZONE, or install tzdata")


def writable(home: Path) -> Check:
    """The folder can be written (asked, not tried: nothing is made)."""
    if not home.is_dir():
        return Check("folder", "warn", f"{home} is not there yet", "`newsfold feeds add URL` makes it")
    folders = [path for path in (home, home / "master", home / "archive") if path.is_dir()]
    closed = [str(path) for path in folders if not os.access(path, os.W_OK | os.X_OK)]
    if closed:
        return Check("folder", "fail", f"not writable: {', '.join(closed)}", "give it to the user that runs newsfold (chown)")
    return Check("folder", "ok", f"{home} is writable")


def disk(free: int) -> Check:
    """Enough free disk: `free` in bytes."""
    found = f"{free / 1e9:.1f} GB free"
    if free < FAIL_BYTES:
        return Check("disk", "fail", found, "make room: runs stop when the disk is full")
    if free < WARN_BYTES:
        return Check("disk", "warn", found, "make room soon, or set NEWSFOLD_ARCHIVE=off")
    return Check("disk", "ok", found)


def open_files(limit: int, infinity: int) -> Check:
    """The soft limit of open files allows many connections."""
    if limit != infinity and limit < LEAST_FILES:
        return Check("open files", "warn", f"limit {limit}", f"raise it: ulimit -n {LEAST_FILES} (LimitNOFILE in systemd)")
    return Check("open files", "ok", "no limit" if limit == infinity else f"limit {limit}")


def store(settings: Settings, now: datetime) -> list[Check]:
    """Lock, schema and clock, as the store tells."""
    if not is_there(settings):
        return [Check("store", "warn", f"no store in {settings.home} yet", "`newsfold feeds add URL` makes it")]
    checks = [lock(settings)]
    try:
        version, last_run = schema_version(settings)
    except UserError as error:
        level: Level = "warn" if checks[0].level == "warn" else "fail"
        return [*checks, Check("schema", level, f"not read: {error}", "look again when nothing holds the store")]
    return [*checks, schema(version, known_migrations()[-1].version), clock(now, last_run)]


def lock(settings: Settings) -> Check:
    """Whether a process holds the writer's lock, and which."""
    with holding(settings, "writer", 0.2) as had:
        if had:
            return Check("lock", "ok", "free")
    holder = holder_of(master_folder(settings) / "writer.lock") or "a process that can't be named here"
    return Check("lock", "warn", f"held by {holder}", "fine while a run goes on; if it hangs, end that process")


def holder_of(path: Path, locks: Path = Path("/proc/locks")) -> str | None:
    """Process id and command of who holds a lock on the file; None where the system does not tell."""
    if not locks.is_file():
        return None
    inode = path.stat().st_ino
    for line in locks.read_text().splitlines():
        found = re.match(rf"\d+: FLOCK\s+\S+\s+WRITE (\d+) \S+:{inode} ", line)
        if found:
            command = Path("/proc") / found[1] / "comm"
            name = command.read_text().strip() if command.is_file() else ""
            return f"process {found[1]}" + (f" ({name})" if name else "")
    return None


def schema(version: int, known: int) -> Check:
    """The store's schema against this version's."""
    if version > known:
        return Check("schema", "fail", f"{version}, this newsfold knows {known}", "upgrade newsfold")
    if version < known:
        return Check("schema", "warn", f"{version}, this newsfold has {known}", "the next run brings it up to date")
    return Check("schema", "ok", str(version))


def clock(now: datetime, last_run: datetime | None) -> Check:
    """The clock does not stand before the last run."""
    if last_run is not None and now + _SKEW < last_run:
        return Check(
            "clock", "fail", f"{now:%Y-%m-%d %H:%M} UTC, before the last run ({last_run:%Y-%m-%d %H:%M})", "set it right"
        )
    return Check("clock", "ok", f"{now:%Y-%m-%d %H:%M} UTC")


def leftovers(settings: Settings, now: datetime) -> Check:
    """Stray write-ahead logs and temporary files, older than an hour where a run may be at work on them."""
    published = settings.published
    stray = [published.with_name(published.name + ".wal")]
    young = [
        *published.parent.glob(f".{published.name}*.new"),
        master_path(settings).with_name(master_path(settings).name + ".wal"),
    ]
    found = [path for path in stray if path.exists()] + [path for path in young if _old(path, now)]
    if not found:
        return Check("leftovers", "ok", "none")
    names = ", ".join(str(path) for path in found)
    return Check("leftovers", "warn", names, "`newsfold publish` takes them up or away; never delete the master's .wal by hand")


def file_system(home: Path, mounts: Path) -> Check:
    """The store's folder is on a disk of this machine: over a network, two machines may both get the writer's lock."""
    if not mounts.is_file():
        return Check("file system", "ok", "not told by this system")
    folder, kind = _existing(home.absolute()).resolve(), ""
    best = -1
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        words = line.split(" ")
        point = Path(words[1].replace("\\040", " ")) if len(words) > 2 else None
        if point is not None and (point == folder or point in folder.parents) and len(point.parts) >= best:
            best, kind = len(point.parts), words[2]  # of mounts over one another, the last counts
    if kind in _SHARED or kind.startswith("fuse.sshfs"):
        advice = "run newsfold on one machine only: locks of two machines may not see each other there; better, use a local disk"
        return Check("file system", "warn", f"{kind}, shared over a network", advice)
    return Check("file system", "ok", kind or "unknown")


def _old(path: Path, now: datetime) -> bool:
    try:
        return now.timestamp() - path.stat().st_mtime > _DAMPER.total_seconds()
    except OSError:
        return False


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if folder.exists())
