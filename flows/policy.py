"""Settings as the steps want them, and what Prefect knows of this run."""

from collections.abc import Mapping
from functools import lru_cache

from prefect.runtime import flow_run

from schemas import VERSION
from schemas.settings import Settings
from schemas.wire import read_feed_headers, read_proxy
from tasks.fetch import FetchPolicy, Pacing, parse_host_map

# What servers asked for (gaps, Retry-After) holds for all calls of this process, not for one batch.
PACING = Pacing()


def fetch_policy(settings: Settings) -> FetchPolicy:
    """How to behave towards servers, from the settings."""
    return FetchPolicy(
        user_agent=f"newsfold/{VERSION} (+{settings.contact_url})",
        gap_seconds=settings.gap_seconds,
        concurrency=settings.concurrency,
        total_timeout=settings.timeout_seconds,
        host_map=_host_map(settings.host_map),
        ca_file=str(settings.ca_file) if settings.ca_file else None,
        proxy=read_proxy(settings.proxy.get_secret_value()),
        lane_file=settings.home / "master" / "lanes",
        own_headers=read_feed_headers(settings.feed_headers.get_secret_value()),
    )


@lru_cache(maxsize=4)
def _host_map(text: str) -> Mapping[str, tuple[str, int]]:
    return parse_host_map(text)


def flow_run_id() -> str | None:
    """Prefect's id of the flow run that this code is in, if any."""
    value = flow_run.id
    return str(value) if value else None
