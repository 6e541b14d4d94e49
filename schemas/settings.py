"""Settings: the environment and `.env`, read once through one class. Every key starts with `NEWSFOLD_`."""

import difflib
import os
import re
from datetime import timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.errors import BadSetting
from schemas.wire import read_feed_headers, read_proxy

_MAPPED = re.compile(r"^[^\s=]+=\S+:\d{1,5}$")
_HOST_PORT = re.compile(r"^[^\s/,]+:\d{1,5}$")
_MOST_HOURS = 365 * 24
PREFIX = "NEWSFOLD_"
PUBLISHED_NAME = "newsfold.duckdb"


class Settings(BaseSettings):
    """All of newsfold's settings with their defaults; units are in the names or descriptions."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", frozen=True, hide_input_in_errors=True)

    home: Path = Field(Path(), description="Folder of newsfold.duckdb (published), master/ and archive/")
    timezone: str = Field("UTC", description="IANA zone in which views and reports count days")
    host_map: str = Field("", description="name=address:port, …: leads invented hosts to a local server")
    contact_url: str = Field("https://newsfold.example/bot", description="Contact in the User-Agent header")
    gap_seconds: float = Field(
        1.0, ge=0, le=3600, description="Least seconds between two page requests to one registrable domain"
    )
    concurrency: int = Field(64, ge=1, le=512, description="Most requests under way at once, over all hosts")
    timeout_seconds: float = Field(30.0, gt=0, le=600, description="Most seconds one request may take in all")
    ca_file: Path | None = Field(None, description="PEM file of certificates that are trusted besides the public ones")
    proxy: SecretStr = Field(
        SecretStr(""), description="http://user:password@host:port of a proxy for all requests (the environment's are ignored)"
    )
    feed_headers: SecretStr = Field(
        SecretStr(""),
        description='Headers for requests to an origin or below a path, as JSON: {"https://host/path": {"Authorization": "…"}}',
    )
    recheck_hours: str = Field(
        "1,6,24,72", description="Hours after which a stored article's page is looked at again for edits; empty = never"
    )
    wayback_url: str = Field(
        "https://web.archive.org",
        pattern=r"^https?://\S+$",
        description="The archive that backfills ask with source internet archive",
    )
    batch_size: int = Field(100, ge=1, le=500, description="Entries worked off in one batch (one Prefect task a step)")
    attempts: int = Field(4, ge=1, le=20, description="Attempts at a page before it is quarantined")
    workers: int = Field(0, ge=0, le=64, description="Processes for extraction and entities; 0 = one a core, at most 8")
    archive: Literal["off", "pages", "all"] = Field(
        "pages", description="What is kept raw in WARC files: nothing, pages, or feeds too"
    )
    store_reserved: bool = Field(False, description="Store the text of pages whose publisher reserves text and data mining")
    fold_window_days: int = Field(7, ge=1, le=60, description="Days within which near copies are looked for")
    memory_limit: str = Field(
        "1GB", pattern=r"^\d+(\.\d+)?\s?[KMGT]i?B$", description="DuckDB's memory limit in the writing process"
    )
    publish_seconds: float = Field(
        300.0, ge=0, le=86400, description="Seconds after which a run that is still at work publishes what it has so far"
    )
    publish_gap_seconds: float = Field(
        60.0, ge=0, le=86400, description="Least seconds between two published files; what changes meanwhile is published after"
    )
    archive_days: int = Field(0, ge=0, le=36500, description="Days for which raw pages are kept in the archive; 0 = for ever")
    archive_gb: float = Field(0.0, ge=0, le=1e6, description="Most gigabytes of the archive, the oldest go first; 0 = no limit")
    article_days: int = Field(0, ge=0, le=36500, description="Days for which articles are kept; 0 = for ever")
    log_days: int = Field(90, ge=1, le=36500, description="Days for which HTTP attempts and runs are kept in the store")
    prefect_days: int = Field(14, ge=1, le=3650, description="Days for which Prefect keeps finished runs and their logs")
    snapshots: int = Field(2, ge=0, le=100, description="Dated copies of the published file that `maintain` keeps in snapshots/")
    log_format: Literal["text", "json"] = Field("text", description="How runs log: lines for people, or a JSON object a line")
    metrics_file: Path | None = Field(
        None, description="File with figures in Prometheus' text format, written after each run (for its textfile collector)"
    )
    watch_hosts: str = Field("", description="host:port, …: webhooks of `newsfold watch` that may be on this machine or network")
    lock_seconds: float = Field(120.0, ge=0, le=86400, description="How long to wait for the one writer's lock")

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"{value!r} is not an IANA time zone such as 'Europe/Berlin'")
        return ZoneInfo(value).key

    @field_validator("host_map")
    @classmethod
    def _readable_map(cls, value: str) -> str:
        for item in filter(None, (part.strip() for part in value.split(","))):
            if not _MAPPED.match(item):
                raise ValueError(f"{item!r} stands where name=address:port is expected, as in news.example=127.0.0.1:8800")
        return value

    @field_validator("metrics_file", mode="before")
    @classmethod
    def _whole_path(cls, value: str | Path | None) -> Path | None:
        return Path(value).expanduser().absolute() if value else None

    @field_validator("watch_hosts")
    @classmethod
    def _hosts_with_ports(cls, value: str) -> str:
        for item in filter(None, (part.strip() for part in value.split(","))):
            if not _HOST_PORT.match(item):
                raise ValueError(f"{item!r} stands where host:port is expected, as in 127.0.0.1:9000")
        return value

    @field_validator("ca_file", mode="before")
    @classmethod
    def _file_is_there(cls, value: str | Path | None) -> Path | None:
        path = Path(value).expanduser().absolute() if value else None
        if path is not None and not path.is_file():
            raise ValueError(f"there is no file {path}")
        return path

    @field_validator("proxy")
    @classmethod
    def _readable_proxy(cls, value: SecretStr) -> SecretStr:
        read_proxy(value.get_secret_value())
        return value

    @field_validator("feed_headers")
    @classmethod
    def _readable_headers(cls, value: SecretStr) -> SecretStr:
        read_feed_headers(value.get_secret_value())
        return value

    @field_validator("recheck_hours")
    @classmethod
    def _rising_hours(cls, value: str) -> str:
        try:
            hours = [float(part) for part in value.split(",")] if value.strip() else []
        except ValueError:
            hours = [0.0]
        if any(not 0 < hour <= _MOST_HOURS for hour in hours) or sorted(set(hours)) != hours:
            raise ValueError(f"{value!r} stands where rising hours are expected, as in 1,6,24,72 (or nothing: never)")
        return value

    @property
    def recheck_delays(self) -> tuple[timedelta, ...]:
        """How long after the first fetch an article's page is looked at again, in rising order."""
        return tuple(timedelta(hours=float(part)) for part in self.recheck_hours.split(",") if part.strip())

    @property
    def published(self) -> Path:
        """The file that people open."""
        return self.home / PUBLISHED_NAME

    @property
    def snapshots_folder(self) -> Path:
        """Where the dated copies are."""
        return self.home / "snapshots"

    @property
    def archive_folder(self) -> Path:
        """Where the WARC files are."""
        return self.home / "archive"


def load_settings(env_file: Path | None = None) -> Settings:
    """Reads the environment and `.env` (default: the one in the current folder), the environment first.

    Raises:
        BadSetting: a `NEWSFOLD_…` key is unknown (with the nearest name) or its value can't be used.
    """
    env_file = env_file or Path(".env")
    _refuse_unknown(env_file)
    try:
        # mypy knows no _env_file: pydantic-settings takes it in __init__ only
        settings = Settings(_env_file=env_file if env_file.is_file() else None)  # type: ignore[call-arg]
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper() if first["loc"] else PREFIX
        raise BadSetting(f"{name}: {first['msg'].removeprefix('Value error, ')}") from None
    return settings.model_copy(update={"home": settings.home.expanduser().absolute()})


def _refuse_unknown(env_file: Path) -> None:
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    given = [*os.environ, *(dotenv_values(env_file) if env_file.is_file() else {})]
    for key in given:
        if key.upper().startswith(PREFIX) and key.upper() not in known:
            near = difflib.get_close_matches(key.upper(), sorted(known), n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]}?" if near else "; see .env.example for all settings"
            raise BadSetting(f"{key} is not a setting of newsfold{hint}")
