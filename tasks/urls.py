"""Addresses: ids, normal forms, canonical choice. Pure: no I/O, no Prefect.

The rules follow RFC 3986 (section 6, normalization) and the habits of publishers: tracking parameters, AMP and mobile
hosts say nothing about which article an address leads to.
"""

import hashlib
import ipaddress
import re
import unicodedata
from functools import lru_cache
from urllib.parse import SplitResult, quote, urljoin, urlsplit, urlunsplit

import idna
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
_BAD_PORT = -1
_SAFE_PATH = "/:@!$&'()*+,;=-._~%"
_SAFE_QUERY = "/:@!$'()*+,;=-._~%?&"
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_HOST = re.compile(r"^(?=.{1,253}\.?$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*\.?$")


def stable_id(*parts: str) -> int:
    """A positive 63-bit id of a name or address: BLAKE2b of the parts, the same on every machine and run."""
    digest = hashlib.blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


def is_http_url(url: str) -> bool:
    """Whether `url` is an absolute http(s) address with a host and without control characters or blanks."""
    if not url or len(url) > 4096 or any(ord(char) <= 32 or ord(char) == 127 for char in url):
        return False
    parts = _split(url)
    if parts is None or parts.scheme.lower() not in _DEFAULT_PORTS or "\\" in parts.netloc:
        return False
    return ascii_host(parts.hostname or "") is not None and _port(parts) != _BAD_PORT


def absolute(url: str, base: str | None) -> str | None:
    """`url` resolved against `base`; None unless the result is an http(s) address. Nothing leads nowhere: "" is None.

    As browsers do (WHATWG URL): outer blanks, inner tabs and newlines vanish, inner spaces are percent-encoded.
    """
    tidy = re.sub(r"[\t\r\n]", "", url.strip()).replace(" ", "%20")
    if not tidy:
        return None
    try:
        joined = urljoin(base, tidy) if base else tidy
    except ValueError:
        return None
    return joined if is_http_url(joined) else None


def masked(url: str) -> str:
    """An address fit to be shown and stored: a user name and password in it are replaced by `***`."""
    return re.sub(r"^([^/?#]*//)[^/?#]*@", r"\1***@", url, count=1) if "@" in url else url


def ascii_host(host: str) -> str | None:
    """A host as DNS sees it: lower case, IDN as punycode (UTS 46), IPv6 compressed; None when it can't be one.

    A trailing dot stays. `１２７.0.0.1` becomes `127.0.0.1`: what the eye reads is what the guard must judge.
    """
    if ":" in host:
        try:
            return str(ipaddress.IPv6Address(host.partition("%")[0]))
        except ValueError:
            return None
    if not host.isascii():
        host = unicodedata.normalize("NFKC", host)
        host = host if host.isascii() else _punycode(host)
    host = host.lower()
    return host if _HOST.match(host) else None


def _punycode(host: str) -> str:
    try:
        return idna.encode(host, uts46=True).decode("ascii")
    except (idna.IDNAError, UnicodeError):
        # Names from before IDNA 2008 (☃.net) still resolve. What neither knows becomes "", which is no host.
        try:
            return host.encode("idna").decode("ascii")
        except UnicodeError:
            return ""


def host_of(url: str) -> str:
    """The lower-case ASCII host of an address, without a trailing dot; '' where there is none."""
    parts = _split(url)
    host = (parts.hostname or "").lower() if parts else ""
    return (ascii_host(host) or host).rstrip(".")


@lru_cache(maxsize=65536)
def _registrable(host: str) -> str:
    found = _SUFFIXES(host)
    if found.suffix or ":" in host or found.ipv4:
        return found.top_domain_under_public_suffix or host
    # An unknown top level counts as a public suffix: the Public Suffix List's prevailing rule "*".
    return ".".join(host.split(".")[-2:])


def registrable_domain(url_or_host: str) -> str:
    """The registrable domain (eTLD+1) of an address or host; the host itself where it has none (an IP, localhost)."""
    return _registrable(host_of(url_or_host) if "//" in url_or_host else url_or_host.rstrip(".").lower())


def normalize(url: str) -> str:
    """The normal form of an address: two addresses with one normal form are the same request in spirit.

    Lower-case scheme and host, no user name, no default port, no fragment, no tracking parameters, query sorted,
    percent-encoding unified, dot segments resolved, no trailing slash except for the root. An encoded slash stays
    encoded: it is not a separator. http and https stay apart here; see `article_key`. What is no http(s) address
    comes back as it is. `normalize(normalize(url)) == normalize(url)`.
    """
    parts = _split(url)
    if parts is None or parts.scheme.lower() not in _DEFAULT_PORTS:
        return url
    host, port = ascii_host(parts.hostname or ""), _port(parts)
    host = host.rstrip(".") if host else None
    if not host or port == _BAD_PORT:
        return url
    netloc = f"[{host}]" if ":" in host else host
    if port not in (None, _DEFAULT_PORTS[parts.scheme.lower()]):
        netloc = f"{netloc}:{port}"
    return urlunsplit((parts.scheme.lower(), netloc, _normal_path(parts.path), _normal_query(parts.query), ""))


def _normal_path(path: str) -> str:
    segments: list[str] = []
    for segment in _unify(path, _SAFE_PATH).split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    return "/" + "/".join(segments)


def _normal_query(query: str) -> str:
    # Not through parse_qsl and urlencode: those turn bytes that are not UTF-8 into one and the same replacement
    # character, so that different addresses would become one.
    pairs = (pair for pair in query.split("&") if pair)
    tidy = (_unify(pair, _SAFE_QUERY).replace("%20", "+") for pair in pairs)
    return "&".join(sorted(pair for pair in tidy if not _TRACKING.match(pair.partition("=")[0])))


def _unify(text: str, safe: str) -> str:
    """Percent-encoding in one form: unreserved characters plain, hex digits upper case, what must be encoded encoded."""
    text = _ESCAPE.sub(_unescape, _BARE_PERCENT.sub("%25", text))
    return quote(text, safe=safe, errors="replace")


def _unescape(match: re.Match[str]) -> str:
    char = chr(int(match[1], 16))
    return char if char in _UNRESERVED else match[0].upper()


def article_url(url: str) -> str:
    """The address an article is known by: the normal form with AMP and mobile spellings folded. Idempotent."""
    normal = normalize(url)
    parts = _split(normal)
    if parts is None or parts.scheme not in _DEFAULT_PORTS:
        return url
    host = _fold(parts.netloc, _MOBILE_HOST)
    if registrable_domain(parts.scheme + "://" + host) != registrable_domain(normal):
        host = parts.netloc
    return urlunsplit((parts.scheme, host, _normal_path(_fold(parts.path, _AMP_PATH)), parts.query, ""))


def _fold(text: str, pattern: re.Pattern[str]) -> str:
    while (folded := pattern.sub("", text, count=1)) != text:
        text = folded
    return text


def article_key(url: str) -> str:
    """What an article's id is the hash of: `article_url` without scheme and without `www.`."""
    known_by = article_url(url)
    parts = _split(known_by)
    if parts is None:
        return known_by
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
    """The port; None where none is given, `_BAD_PORT` where it is no number or out of range."""
    try:
        return parts.port
    except ValueError:
        return _BAD_PORT
