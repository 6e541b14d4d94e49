"""Addresses: ids, normal forms, canonical choice. Pure: no I/O, no Prefect.

The rules follow RFC 3986 (section 6, normalization) and the habits of publishers: tracking parameters, AMP and mobile
hosts say nothing about which article an address leads to.
"""

import hashlib
import re
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urljoin, urlsplit, urlunsplit

import tldextract

# The bundled snapshot of the Public Suffix List only: nothing is downloaded.
_SUFFIXES = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)

_TRACKING = re.compile(
    r"^(utm_.*|mc_(cid|eid)|fbclid|gclid|dclid|gbraid|wbraid|msclkid|yclid|igshid|twclid|ttclid|_ga|_gl|_hs(enc|mi)|"
    r"mkt_tok|cmpid|cmp|ncid|ocid|ito|xtor|at_(medium|campaign|custom\d*|link.*|format|bbc.*|ptr.*|referr?er?)|"
    r"src=rss|sr_share|smid|smtyp|partner|rss|ref_src|ref_url|guce_referrer.*|guccounter|spm|share|wt_mc|wtmc|"
    r"outputtype|amp|__twitter_impression|amp_js_v|amp_gsa|usqp)$",
    re.IGNORECASE,
)
_AMP_PATH = re.compile(r"(?:/amp(?=/|$)|\.amp(?=$|\.html?$))", re.IGNORECASE)
_MOBILE_HOST = re.compile(r"^(?:amp|m|mobile)\.(?=[^.]+\.[^.]+)", re.IGNORECASE)
_DEFAULT_PORTS = {"http": 80, "https": 443}
_SAFE_PATH = "/:@!$&'()*+,;=-._~%"


def stable_id(*parts: str) -> int:
    """A positive 63-bit id of a name or address: BLAKE2b of the parts, the same on every machine and run."""
    digest = hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def is_http_url(url: str) -> bool:
    """Whether `url` is an absolute http(s) address with a host and without control characters or blanks."""
    if not url or len(url) > 4096 or any(ord(char) <= 32 or ord(char) == 127 for char in url):
        return False
    parts = _split(url)
    return parts is not None and parts.scheme.lower() in _DEFAULT_PORTS and bool(parts.hostname)


def absolute(url: str, base: str | None) -> str | None:
    """`url` resolved against `base`; None unless the result is an http(s) address."""
    try:
        joined = urljoin(base, url.strip()) if base else url.strip()
    except ValueError:
        return None
    return joined if is_http_url(joined) else None


def host_of(url: str) -> str:
    """The lower-case host of an address, without a trailing dot; '' where there is none."""
    parts = _split(url)
    return (parts.hostname or "").rstrip(".").lower() if parts else ""


@lru_cache(maxsize=65536)
def _registrable(host: str) -> str:
    return _SUFFIXES(host).top_domain_under_public_suffix or host


def registrable_domain(url_or_host: str) -> str:
    """The registrable domain (eTLD+1) of an address or host; the host itself where it has none (an IP, localhost)."""
    return _registrable(host_of(url_or_host) if "//" in url_or_host else url_or_host.rstrip(".").lower())


def normalize(url: str) -> str:
    """The normal form of an address: two addresses with one normal form are the same request in spirit.

    Lower-case scheme and host, no default port, no fragment, no tracking parameters, query sorted, percent-encoding
    unified, dot segments resolved, no trailing slash except for the root. http and https stay apart here; see `article_key`.
    """
    parts = _split(url)
    if parts is None or not parts.hostname:
        return url
    host = parts.hostname.rstrip(".").lower()
    try:
        host = host.encode("idna").decode("ascii") if not host.isascii() else host
    except UnicodeError:
        return url
    port = _port(parts)
    netloc = host if port in (None, _DEFAULT_PORTS.get(parts.scheme.lower())) else f"{host}:{port}"
    path = quote(unquote(urlsplit(urljoin(url, parts.path or "/")).path, errors="surrogateescape"), safe=_SAFE_PATH, errors="surrogateescape")
    path = re.sub(r"/{2,}", "/", path)
    if len(path) > 1:
        path = path.rstrip("/") or "/"
    query = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.match(key)]
    return urlunsplit((parts.scheme.lower(), netloc, path, urlencode(sorted(query)), ""))


def article_url(url: str) -> str:
    """The address an article is known by: the normal form with AMP and mobile spellings folded."""
    normal = normalize(url)
    parts = urlsplit(normal)
    host = _MOBILE_HOST.sub("", parts.netloc)
    if registrable_domain(host) != registrable_domain(parts.netloc):
        host = parts.netloc
    path = _AMP_PATH.sub("", parts.path, count=1) or "/"
    if len(path) > 1:
        path = path.rstrip("/") or "/"
    return urlunsplit((parts.scheme, host, path, parts.query, ""))


def article_key(url: str) -> str:
    """What an article's id is the hash of: `article_url` without scheme and without `www.`."""
    parts = urlsplit(article_url(url))
    host = parts.netloc.removeprefix("www.")
    return host + parts.path + (f"?{parts.query}" if parts.query else "")


def article_id(url: str) -> int:
    """The stable id of the article behind a canonical address."""
    return stable_id("article", article_key(url))


def canonical_url(final_url: str, declared: str | None) -> str:
    """The canonical address of a page: its rel=canonical when that can be believed, else where the page was found.

    Believed only on the same registrable domain and when it is not the home page (or the page itself is).
    """
    target = absolute(declared, final_url) if declared else None
    if target and registrable_domain(target) == registrable_domain(final_url):
        path, own = urlsplit(target), urlsplit(final_url)
        if path.path.strip("/") or path.query or not (own.path.strip("/") or own.query):
            return article_url(target)
    return article_url(final_url)


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


def _port(parts: SplitResult) -> int | None:
    try:
        return parts.port
    except ValueError:
        return None
