"""How newsfold behaves as an HTTP client: the policy and the decisions, without a socket. Pure: no I/O, no HTTP library.

Sources: RFC 9110 (status codes, Retry-After, conditional requests) and the feed-reader rules of docs/fetching.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from schemas import VERSION
from schemas.reasons import Reason
from schemas.records import FetchRequest, Validators
from schemas.wire import OwnHeaders, Proxy
from tasks.decompress import OFFERED

_MB = 1024 * 1024
_LONGEST_WAIT = 30 * 86400.0
_ACCEPT = {
    "feed": "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, "
    "application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, */*;q=0.1",
    "page": "text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.1",
    "robots": "text/plain, */*;q=0.1",
    "tdm": "application/json, */*;q=0.1",
    "listing": "application/atom+xml, application/rss+xml, application/json, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.5",
    "discovery": "text/html, application/xhtml+xml, application/atom+xml, application/rss+xml, application/feed+json, */*;q=0.5",
}
# A host's own small files (/robots.txt, /.well-known/tdmrep.json): their limits are those of robots.txt.
WELL_KNOWN = frozenset({"robots", "tdm"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PERMANENT = frozenset({301, 308})
# Worth a second try within seconds. A 429 is not: it asks for the opposite; the resolver has already tried DNS again.
_RETRY_SOON = frozenset({Reason.TIMEOUT, Reason.CONNECTION, Reason.PROTOCOL, Reason.SERVER_ERROR})
# After a few of these in a row the rest of a host's requests would only wait in line for the same end.
HOST_DOWN = frozenset({Reason.TIMEOUT, Reason.CONNECTION, Reason.DNS, Reason.TLS})


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """Everything that can be tuned about fetching. Times in seconds, sizes in bytes."""

    user_agent: str = f"newsfold/{VERSION} (+https://github.com/newsfold/newsfold)"
    robots_token: str = "newsfold"
    # between two pages of one registrable domain; a Crawl-delay may make it longer, up to `max_gap_seconds`
    gap_seconds: float = 1.0
    max_gap_seconds: float = 30.0
    concurrency: int = 64
    connect_timeout: float = 10.0
    read_timeout: float = 20.0
    # for one attempt with all its redirects, to the last byte
    total_timeout: float = 60.0
    robots_timeout: float = 10.0
    max_wire_bytes: int = 10 * _MB
    max_feed_bytes: int = 10 * _MB
    max_page_bytes: int = 20 * _MB
    max_robots_bytes: int = 500 * 1024
    max_redirects: int = 5
    ports: frozenset[int] = frozenset({80, 443, 8080, 8443})
    host_map: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    retries: int = 1
    retry_wait_seconds: float = 2.0
    # how long a domain is left alone after a 429 that does not say
    bare_429_seconds: float = 300.0
    # consecutive failures to reach a host after which its other requests are not tried in this call
    give_up_after: int = 3
    # certificates trusted besides the public ones (a PEM file), for a house's own authority
    ca_file: str | None = None
    proxy: Proxy | None = None
    # headers of the user's own for some addresses: see `own_headers_for`
    own_headers: tuple[OwnHeaders, ...] = ()
    # where this machine's processes keep their lanes apart
    lane_file: Path | None = None
    # decoded bodies held at once, over all hosts; beyond it they wait for one another
    max_held_bytes: int = 256 * _MB

    @property
    def robots_shelf(self) -> Path | None:
        """Where they leave the robots.txt files that they have just got for one another."""
        return self.lane_file.parent / "robots" if self.lane_file is not None else None

    def attempt_seconds(self, kind: str) -> float:
        """How long one attempt may take in all."""
        return min(self.robots_timeout, self.total_timeout) if kind in WELL_KNOWN else self.total_timeout

    def max_body_bytes(self, kind: str) -> int:
        """The limit of a body of that kind after decompression."""
        if kind in WELL_KNOWN:
            return self.max_robots_bytes
        return self.max_feed_bytes if kind == "feed" else self.max_page_bytes


@dataclass(frozen=True, slots=True)
class Redirect:
    """A hop to follow. `permanent` while this and all earlier hops were 301 or 308."""

    url: str
    permanent: bool


def request_headers(
    policy: FetchPolicy, kind: str, netloc: str, validators: Validators, own: Sequence[tuple[str, str]] = ()
) -> list[tuple[bytes, bytes]]:
    """The headers of a request. No cookies, no Referer; validators byte for byte as the server once sent them.

    `own`: the user's headers for this address; they replace ours of the same name.
    """
    headers = [
        (b"Host", netloc.encode("ascii")),
        (b"User-Agent", policy.user_agent.encode("latin-1", "replace")),
        (b"Accept", _ACCEPT.get(kind, _ACCEPT["page"]).encode("ascii")),
        (b"Accept-Encoding", OFFERED.encode("ascii")),
    ]
    for name, value in ((b"If-None-Match", validators.etag), (b"If-Modified-Since", validators.last_modified)):
        # Byte for byte, but nothing that would end the header.
        if value and not any(ord(sign) < 32 or ord(sign) == 127 for sign in value):
            headers.append((name, value.encode("latin-1", "replace")))
    if not own:
        return headers
    replaced = {name.lower().encode("ascii") for name, _ in own}
    headers = [(name, content) for name, content in headers if name.lower() not in replaced]
    return headers + [(name.encode("ascii"), value.encode("latin-1")) for name, value in own]


def own_headers_for(policy: FetchPolicy, origin: str, path: str) -> tuple[tuple[str, str], ...]:
    """The user's headers for a request to `path` (with its query) of `origin`; the longest prefix that fits counts.

    A path with dot segments or slashes in disguise gets none: where the server will say it leads is anybody's guess.
    """
    plain = unquote(unquote(path.partition("?")[0])).replace("\\", "/")
    odd = any(part in (".", "..") for part in plain.split("/")) or plain.count("/") != path.partition("?")[0].count("/")
    fitting = [own for own in policy.own_headers if own.origin == origin and _below(path.partition("?")[0], own.prefix)]
    fitting = [own for own in fitting if not odd or own.prefix in ("", "/")]
    return max(fitting, key=lambda own: len(own.prefix)).headers if fitting else ()


def _below(path: str, prefix: str) -> bool:
    return path == prefix or path.startswith(prefix.rstrip("/") + "/")


def without_secrets(text: str, policy: FetchPolicy) -> str:
    """A message fit to be shown and stored."""
    secrets = [value for own in policy.own_headers for _, value in own.headers]
    secrets += [policy.proxy.password] if policy.proxy and policy.proxy.password else []
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def validators_in(headers: Sequence[tuple[str, str]]) -> Validators:
    """The validators of an answer."""
    return Validators(first(headers, "etag"), first(headers, "last-modified"))


def kept_validators(old: Validators, headers: Sequence[tuple[str, str]]) -> Validators:
    """The validators to keep after a 304: those it carried, else those that were sent."""
    new = validators_in(headers)
    return Validators(new.etag or old.etag, new.last_modified or old.last_modified)


def first(headers: Sequence[tuple[str, str]], name: str) -> str | None:
    """The first value of a header, by its lower-case name; None where it is absent or empty."""
    return next((value for key, value in headers if key == name and value), None)


def redirect_of(status: int, headers: Sequence[tuple[str, str]], url: str, *, permanent: bool) -> Redirect | None:
    """Where an answer sends us, None when it is no redirect. The address may be one that will be refused."""
    location = first(headers, "location")
    if status not in _REDIRECTS or location is None:
        return None
    # A header is bytes; servers that put an address with ä in it mean UTF-8.
    given = location.strip().encode("latin-1", "replace").decode("utf-8", "replace").replace(" ", "%20")
    try:
        target = urljoin(url, given)
    except ValueError:
        target = given
    fragment = urlsplit(url).fragment if "#" not in target and "#" in url else ""
    return Redirect(f"{target}#{fragment}" if fragment else target, permanent and status in _PERMANENT)


def reason_of_status(status: int) -> Reason:
    """The reason that goes with a status that is neither 2xx nor 304 nor a redirect to follow."""
    exact = {404: Reason.NOT_FOUND, 410: Reason.HTTP_GONE, 429: Reason.RATE_LIMITED}
    if status in exact:
        return exact[status]
    if status in (401, 402, 403, 407, 451):
        return Reason.LOGIN_REQUIRED
    return Reason.SERVER_ERROR if status >= 500 else Reason.HTTP_ERROR


def may_retry(reason: Reason, status: int | None, retry_after: float | None) -> bool:
    """Whether another try within this call may succeed."""
    return reason in _RETRY_SOON and retry_after is None and status not in (501, 505)


def retry_wait(policy: FetchPolicy, attempt: int) -> float:
    """Seconds before the next try: doubled each time."""
    return policy.retry_wait_seconds * 2.0 ** (attempt - 1)


def retry_after_seconds(headers: Sequence[tuple[str, str]], now: datetime) -> float | None:
    """`Retry-After` in seconds from `now` (RFC 9110, 10.2.3: seconds or a date); None when absent or unreadable.

    At most 30 days, at least 0.
    """
    value = (first(headers, "retry-after") or "").strip()
    if value.isascii() and value.isdigit():
        return min(float(value[:12]), _LONGEST_WAIT)
    try:
        date = parsedate_to_datetime(value) if value else None
    except (ValueError, OverflowError):
        return None
    if date is None:
        return None
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return min(max((date - now).total_seconds(), 0.0), _LONGEST_WAIT)


def wants_pause(status: int, retry_after: float | None) -> bool:
    """Whether an answer asks that its whole domain be left alone for now."""
    return status == 429 or (status >= 400 and retry_after is not None and retry_after > 0)


def validators_for(request: FetchRequest, url: str) -> Validators:
    """The validators to send to `url`, one hop of a request's chain: they belong to one address and go nowhere else."""
    return request.validators if url == (request.validators_url or request.url) else Validators()
