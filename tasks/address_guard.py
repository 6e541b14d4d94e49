"""Which addresses newsfold may connect to. Pure: no I/O, no Prefect, no HTTP library.

Two checks: `target_of` reads an address before a request is made (scheme, port, odd spellings of forbidden hosts), and
`address_problem` judges each IP address at the moment a socket connects, after DNS, so that there is no gap between
check and use (DNS rebinding). Names in the host map lead where they say and skip both.
"""

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from schemas.errors import BadSetting
from schemas.reasons import Reason
from tasks.urls import ascii_host

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
HostMap = Mapping[str, tuple[str, int]]

_DEFAULT_PORTS = {"http": 80, "https": 443}
_AS_GIVEN = "/?%:@!$&'()*+,;=-._~[]|^\"<>{}`\\"
_NO_ADDRESS = re.compile(r"[\x00-\x20\x7f]")
_IPV4_PART = re.compile(r"^(?:0[xX][0-9a-fA-F]*|[0-9]+)$")
_LOCAL_NAMES = ("localhost", "local", "internal", "localdomain", "home.arpa", "onion")
# What `ipaddress` calls global, or calls it only in newer versions of Python, and yet leads inside.
_ALSO_FORBIDDEN = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; Alibaba's metadata service is 100.100.100.200
        "168.63.129.16/32",  # Azure's metadata and DNS, a public address
        "192.0.0.0/24",  # Oracle's metadata service is 192.0.0.192
        "192.88.99.0/24",  # 6to4 relays
        "198.18.0.0/15",
        "::/96",  # IPv4-compatible
        "::ffff:0:0/96",  # IPv4-mapped
        "::ffff:0:0:0/96",  # IPv4-translated
        "64:ff9b:1::/48",  # local NAT64
        "100::/64",  # discard
        "2001::/23",  # Teredo, ORCHID, benchmarking
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",  # site-local
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart for a request. `host` is ASCII and lower case, `path` is what goes on the request line."""

    scheme: str
    host: str
    port: int
    path: str
    mapped: bool

    @property
    def netloc(self) -> str:
        """Host and, unless it is the scheme's own, port: the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"{self.scheme}://{self.netloc}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an address is not asked for."""

    reason: Reason
    detail: str


def parse_host_map(text: str) -> dict[str, tuple[str, int]]:
    """Read `name=address:port, …` (an IPv6 address in brackets). Raises BadSetting with one sentence."""
    mapping: dict[str, tuple[str, int]] = {}
    for item in (part.strip() for part in text.split(",")):
        if not item:
            continue
        name, _, place = item.partition("=")
        address, _, port = place.strip().rpartition(":")
        host = ascii_host(name.strip())
        try:
            ip = ipaddress.ip_address(address.removeprefix("[").removesuffix("]"))
            number = int(port)
        except ValueError:
            host, ip, number = None, ipaddress.IPv4Address(0), 0
        if host is None or not 0 < number < 65536:
            raise BadSetting(
                f"NEWSFOLD_HOST_MAP has “{item}” where name=address:port is expected, as in news.example=127.0.0.1:8800."
            )
        mapping[host] = (str(ip), number)
    return mapping


def target_of(url: str, ports: frozenset[int], host_map: HostMap) -> Target | Refusal:
    """Take an address apart, or say why it is not asked for. The path and query stay exactly as given.

    Only characters that can't stand on a request line are percent-encoded. Nothing else ever reads the address again:
    a second parser with another opinion of where the host ends is how guards are walked around.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return Refusal(Reason.BAD_URL, f"the address can't be read: {error}")
    scheme = parts.scheme.lower()
    if scheme not in _DEFAULT_PORTS:
        return Refusal(Reason.BAD_URL, f"“{scheme[:20]}:” addresses are not fetched")
    if _NO_ADDRESS.search(url) or "\\" in parts.netloc or len(url) > 8192:
        return Refusal(Reason.BAD_URL, "the address holds characters that no address may hold, or is too long")
    if "@" in parts.netloc:
        return Refusal(Reason.BAD_URL, "the address holds a user name or a password (see NEWSFOLD_FEED_HEADERS)")
    host = ascii_host(parts.hostname or "")
    if host is None:
        return Refusal(Reason.BAD_URL, "the address has no host name that can be looked up")
    path = quote(parts.path or "/", safe=_AS_GIVEN, errors="replace")
    if parts.query or url.partition("#")[0].endswith("?"):
        path += "?" + quote(parts.query, safe=_AS_GIVEN, errors="replace")
    target = Target(scheme, host, port if port is not None else _DEFAULT_PORTS[scheme], path, host in host_map)
    return target if target.mapped else _refused(target, ports) or target


def _refused(target: Target, ports: frozenset[int]) -> Refusal | None:
    literal = literal_address(target.host)
    problem = address_problem(literal) if literal is not None else name_problem(target.host)
    if problem:
        return Refusal(Reason.FORBIDDEN_ADDRESS, f"{target.host} is {problem}")
    if target.port not in ports:
        return Refusal(Reason.FORBIDDEN_PORT, f"port {target.port} is not one of {', '.join(map(str, sorted(ports)))}")
    return None


def name_problem(host: str) -> str | None:
    """Why a name can only mean something inside (`localhost`, `printer.local`), else None."""
    name = host.rstrip(".").lower()
    if any(name == local or name.endswith("." + local) for local in _LOCAL_NAMES):
        return "a local name"
    return None


def literal_address(host: str) -> IPAddress | None:
    """The IP address that a host spells, in any of the ways that sockets and browsers understand, else None.

    IPv4 as in the WHATWG URL standard ("ends in a number"): 127.1, 0x7f.1, 017700000001, 2130706433, a trailing dot.
    """
    try:
        return ipaddress.IPv6Address(host.partition("%")[0]) if ":" in host else _ipv4(host)
    except ValueError:
        return None


def _ipv4(host: str) -> ipaddress.IPv4Address | None:
    parts = host.removesuffix(".").split(".")
    if len(parts) > 4 or not all(_IPV4_PART.match(part) for part in parts):
        return None
    numbers = [_ipv4_number(part) for part in parts]
    if any(number > 255 for number in numbers[:-1]) or numbers[-1] >= 256 ** (5 - len(numbers)):
        return None
    value = numbers[-1] + sum(number << (8 * (3 - index)) for index, number in enumerate(numbers[:-1]))
    return ipaddress.IPv4Address(value)


def _ipv4_number(part: str) -> int:
    if part[:2].lower() == "0x":
        return int(part[2:] or "0", 16)
    return int(part, 8) if part.startswith("0") and len(part) > 1 and not set("89") & set(part) else int(part)


def address_problem(address: IPAddress) -> str | None:
    """Why newsfold does not connect to an IP address ("a private address"), or None when it may."""
    if isinstance(address, ipaddress.IPv6Address) and address in _NAT64:
        # Networks without IPv4 of their own reach the whole IPv4 web this way: what counts is the address inside.
        return address_problem(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    kinds = (
        (address.is_loopback, "a loopback address"),
        (address.is_unspecified, "the unspecified address"),
        (address.is_link_local, "a link-local address"),
        (address.is_multicast, "a multicast address"),
        (address.is_private, "a private address"),
        (address.is_reserved, "a reserved address"),
        (any(address in network for network in _ALSO_FORBIDDEN if network.version == address.version), "an inside address"),
        (not address.is_global, "not a public address"),
    )
    return next((words for holds, words in kinds if holds), None)
