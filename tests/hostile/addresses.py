"""Forbidden addresses in every spelling, where redirects may not lead, and links that are none."""

from dataclasses import dataclass

from schemas.reasons import Reason


@dataclass(frozen=True, slots=True)
class AddressCase:
    """`dns`: what the name resolves to, asked for the first time, the second time, …"""

    name: str
    url: str
    reason: Reason
    dns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LinkCase:
    """An item's link, and how the entry ends when its page is to be fetched."""

    name: str
    link: str
    state: str
    reason: Reason


def _inside(name: str, host: str) -> AddressCase:
    return AddressCase(name, f"http://{host}/", Reason.FORBIDDEN_ADDRESS)


def _leads(name: str, *dns: str) -> AddressCase:
    return AddressCase(name, "http://outside.test/", Reason.FORBIDDEN_ADDRESS, dns)


def _bad(name: str, url: str) -> AddressCase:
    return AddressCase(name, url, Reason.BAD_URL)


ADDRESSES = (
    _inside("loopback", "127.0.0.1"),
    _inside("loopback, the far end of its net", "127.255.255.254"),
    _inside("two parts", "127.1"),
    _inside("three parts", "127.0.1"),
    _inside("hex and short", "0x7f.1"),
    _inside("hex in one", "0x7f000001"),
    _inside("hex in capitals", "0X7F.0X0.0X0.0X1"),
    _inside("decimal in one", "2130706433"),
    _inside("octal in one", "017700000001"),
    _inside("octal in four", "0177.0.0.01"),
    _inside("octal with many zeros", "0000000177.0.0.1"),
    _inside("mixed bases", "0x7f.0.01"),
    _inside("nothing but zero", "0"),
    _inside("the unspecified address", "0.0.0.0"),
    _inside("a trailing dot", "127.0.0.1."),
    _inside("decimal with a trailing dot", "2130706433."),
    _inside("IPv6 loopback", "[::1]"),
    _inside("IPv6 loopback in full", "[0000:0000:0000:0000:0000:0000:0000:0001]"),
    _inside("IPv6 unspecified", "[::]"),
    _inside("IPv4-mapped", "[::ffff:127.0.0.1]"),
    _inside("IPv4-mapped in hex", "[::ffff:7f00:1]"),
    _inside("IPv4-mapped, private", "[::ffff:10.0.0.1]"),
    _inside("IPv4-compatible", "[::127.0.0.1]"),
    _inside("IPv4-translated", "[::ffff:0:127.0.0.1]"),
    _inside("NAT64 of loopback", "[64:ff9b::7f00:1]"),
    _inside("NAT64 of the metadata service", "[64:ff9b::169.254.169.254]"),
    _inside("local NAT64", "[64:ff9b:1::a00:1]"),
    _inside("6to4 of loopback", "[2002:7f00:1::]"),
    _inside("Teredo", "[2001:0:7f00:1::]"),
    _inside("link-local with a zone", "[fe80::1%25eth0]"),
    _inside("link-local", "[fe80::1]"),
    _inside("unique local", "[fd00:ec2::254]"),
    _inside("site-local", "[fec0::1]"),
    _inside("IPv6 multicast", "[ff02::1]"),
    _inside("the metadata service", "169.254.169.254"),
    _inside("the metadata service in decimal", "2852039166"),
    _inside("the metadata service in hex", "0xa9.0xfe.0xa9.0xfe"),
    _inside("another metadata service", "100.100.100.200"),
    _inside("a public metadata service", "168.63.129.16"),
    _inside("ten", "10.0.0.1"),
    _inside("ten, short", "10.1"),
    _inside("one seven two", "172.31.255.255"),
    _inside("one nine two", "192.168.0.1"),
    _inside("broadcast", "255.255.255.255"),
    _inside("multicast", "224.0.0.251"),
    _inside("reserved", "240.0.0.1"),
    _inside("localhost", "localhost"),
    _inside("localhost with a dot", "localhost."),
    _inside("localhost in capitals", "LocalHost"),
    _inside("a name under localhost", "news.localhost"),
    _inside("a printer", "printer.local"),
    _inside("a cloud's name for itself", "metadata.google.internal"),
    _inside("a homograph: full-width digits", "１２７.０.０.１"),
    _inside("a homograph: circled digits", "①②⑦.⓪.⓪.①"),
    _inside("a homograph: ideographic full stops", "127。0。0。1"),
    _inside("a homograph: full-width letters", "ｌｏｃａｌｈｏｓｔ"),
    _inside("a homograph: a Kelvin-like letter", "ℓocalhost"),
    # names
    _leads("a name that leads to loopback", "127.0.0.1"),
    _leads("a name that leads to a private net", "10.1.2.3"),
    _leads("a name that leads to the metadata service", "169.254.169.254"),
    _leads("a name that leads to IPv6 loopback", "::1"),
    _leads("a name that leads to a zone", "fe80::1%lo"),
    _leads("a name that leads to a mapped address", "::ffff:192.168.1.1"),
    _leads("a name that leads to NAT64", "64:ff9b::a00:1"),
    # who is told
    _bad("userinfo that looks like a host", "http://news.test@127.0.0.1/"),
    _bad("userinfo with a password", "http://news.test:80@127.0.0.1/"),
    _bad("a backslash before the at", "http://news.test\\@127.0.0.1/"),
    _bad("an encoded at", "http://news.test%40127.0.0.1/"),
    _bad("a host encoded percent by percent", "http://%31%32%37.0.0.1/"),
    _bad("an empty host", "http:///127.0.0.1"),
    _bad("no slashes", "http:127.0.0.1"),
    _bad("a blank in the host", "http://news.test 127.0.0.1/"),
    _bad("a line break", "http://news.test/\r\nHost: localhost"),
    _bad("a NUL", "http://news.test\0.localhost/"),
    _bad("a tab in the host", "http://local\thost/"),
    _bad("brackets around nothing", "http://[]/"),
    _bad("brackets around a name", "http://[localhost]/"),
    _bad("a label of 70 letters", f"http://{'a' * 70}.test/"),
    _bad("an address of 9,000 letters", f"http://news.test/{'x' * 9000}"),
    _bad("a port beyond all", "http://news.test:65536/"),
    _bad("a port that is none", "http://news.test:80a/"),
    AddressCase("the port of a mail server", "http://news.test:25/", Reason.FORBIDDEN_PORT),
    AddressCase("the port of a database", "http://news.test:6379/", Reason.FORBIDDEN_PORT),
    _bad("file", "file:///etc/passwd"),
    _bad("gopher", "gopher://news.test:6379/_FLUSHALL"),
    _bad("ftp", "ftp://news.test/feed.xml"),
    _bad("javascript", "javascript:alert(1)"),
    _bad("data", "data:text/html,<p>x</p>"),
    _bad("mailto", "mailto:a@news.test"),
)

REDIRECTS = (
    _bad("to a file", "file:///etc/passwd"),
    _bad("to ftp", "ftp://news.test/"),
    _bad("to javascript", "javascript:alert(1)"),
    _bad("to data", "data:text/xml,<rss/>"),
    _bad("to a user name", "http://user:secret@news.test/"),
    _bad("to a port beyond all", "http://news.test:99999/"),
    AddressCase("to another port", "http://news.test:22/", Reason.FORBIDDEN_PORT),
    _inside("to loopback", "127.0.0.1"),
    _inside("to short loopback", "127.1"),
    _inside("to IPv6 loopback", "[::1]"),
    _inside("to a private net", "192.168.1.1"),
    _inside("to the metadata service", "169.254.169.254"),
    _inside("to localhost", "localhost"),
    AddressCase("to loopback without a scheme", "//2130706433/x", Reason.FORBIDDEN_ADDRESS),
    AddressCase("to loopback at our server's port", "http://127.0.0.1:8080/x", Reason.FORBIDDEN_ADDRESS),
)

LINKS = (
    LinkCase("javascript", "javascript:alert(1)", "not_an_article", Reason.NO_LINK),
    LinkCase("javascript with blanks", " java\tscript:alert(1)", "not_an_article", Reason.NO_LINK),
    LinkCase("data", "data:text/html,<p>x</p>", "not_an_article", Reason.NO_LINK),
    LinkCase("mailto", "mailto:desk@news.example", "not_an_article", Reason.NO_LINK),
    LinkCase("ftp", "ftp://news.example/x", "not_an_article", Reason.NO_LINK),
    LinkCase("file", "file:///etc/passwd", "not_an_article", Reason.NO_LINK),
    LinkCase("tel", "tel:+123", "not_an_article", Reason.NO_LINK),
    LinkCase("control characters", "http://news.example/a\u0001b", "not_an_article", Reason.NO_LINK),
    LinkCase("a delete character", "http://news.example/a\u007fb", "not_an_article", Reason.NO_LINK),
    LinkCase("five thousand letters", f"http://news.example/{'x' * 5000}", "not_an_article", Reason.NO_LINK),
    LinkCase("a bad port", "http://news.example:99999/", "not_an_article", Reason.NO_LINK),
    LinkCase("loopback", "http://127.1/admin", "refused", Reason.FORBIDDEN_ADDRESS),
    LinkCase("the metadata service", "http://169.254.169.254/latest/", "refused", Reason.FORBIDDEN_ADDRESS),
    LinkCase("localhost", "http://localhost./", "refused", Reason.FORBIDDEN_ADDRESS),
    LinkCase("a database's port", "http://news.example.test:6379/", "refused", Reason.FORBIDDEN_PORT),
    LinkCase("a user name", "http://user:secret@news.test/", "refused", Reason.BAD_URL),
    LinkCase("a page that is not there", "http://pages.example/none", "gone", Reason.NOT_FOUND),
    LinkCase("a page that is a PDF", "http://pages.example/pdf", "not_an_article", Reason.NOT_HTML),
    LinkCase("a page that is empty", "http://pages.example/empty", "not_an_article", Reason.NO_TEXT),
    LinkCase("a page of tags only", "http://pages.example/markup", "not_an_article", Reason.NO_TEXT),
    LinkCase("a page nested 100,000 deep", "http://pages.example/deep", "not_an_article", Reason.NO_TEXT),
    LinkCase("a page that is a gzip bomb", "http://pages.example/bomb", "quarantined", Reason.TOO_LARGE),
)
