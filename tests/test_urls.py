"""Addresses: normal forms, ids, canonical choice; what hypothesis can think of included."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks import urls

anything = st.text(max_size=80)
addresses = st.builds(
    lambda scheme, host, port, path, query, fragment: f"{scheme}://{host}{port}/{path}?{query}#{fragment}",
    st.sampled_from(["http", "https", "HTTP"]),
    st.sampled_from(["Example.COM", "m.news.co.uk", "amp.news.example", "bücher.example", "[2001:db8::1]", "127.1", "e.com."]),
    st.sampled_from(["", ":80", ":443", ":8080"]),
    st.text(alphabet="ab%2Ff./~é;=+&amp ", max_size=30),
    st.text(alphabet="ab=&%2F+ éutm_source?/", max_size=30),
    st.text(max_size=5),
)


@settings(deadline=None)
@given(st.one_of(addresses, anything))
def test_normal_forms_are_idempotent_and_nothing_raises(url: str) -> None:
    for form in (urls.normalize, urls.article_url):
        once = form(url)
        assert form(once) == once
    assert 0 <= urls.article_id(url) < 2**63
    urls.host_of(url), urls.registrable_domain(url), urls.is_http_url(url), urls.canonical_url(url, url)
    assert urls.absolute(url, "http://base.example/") is None or urls.is_http_url(
        urls.absolute(url, "http://base.example/") or ""
    )


@settings(deadline=None)
@given(addresses)
def test_the_spelling_does_not_change_the_id(url: str) -> None:
    assert urls.article_id(url) == urls.article_id(urls.normalize(url)) == urls.article_id(urls.article_url(url))


@pytest.mark.parametrize(
    ("given_url", "normal"),
    [
        ("HTTP://Example.COM:80/a/../b/./c?b=2&a=1#x", "http://example.com/b/c?a=1&b=2"),
        ("https://example.com:443", "https://example.com/"),
        ("https://example.com:8443/", "https://example.com:8443/"),
        ("https://example.com/a//b/", "https://example.com/a/b"),
        ("https://example.com/%7euser/%e4", "https://example.com/~user/%E4"),
        ("https://example.com/a%2Fb", "https://example.com/a%2Fb"),  # an encoded slash is no slash
        ("https://example.com/a%2fb", "https://example.com/a%2Fb"),
        ("https://example.com/100%", "https://example.com/100%25"),
        ("https://example.com/ä?q=ü", "https://example.com/%C3%A4?q=%C3%BC"),
        ("https://example.com/?q=%E9", "https://example.com/?q=%E9"),  # latin-1 stays what it is
        ("https://example.com/?q=%E8", "https://example.com/?q=%E8"),
        ("https://example.com/?q=a%20b", "https://example.com/?q=a+b"),
        ("https://example.com/?flag&utm_source=x&fbclid=y&id=3", "https://example.com/?flag&id=3"),
        ("https://user:pw@example.com/", "https://example.com/"),
        ("https://[2001:DB8:0::1]:443/x", "https://[2001:db8::1]/x"),
        ("https://[::1]:8080/", "https://[::1]:8080/"),
        ("https://BÜCHER.example/", "https://xn--bcher-kva.example/"),
        ("https://straße.example/", "https://xn--strae-oqa.example/"),
        ("https://example.com./x", "https://example.com/x"),
        ("mailto:a@b.example", "mailto:a@b.example"),
        ("https://example.com:port/", "https://example.com:port/"),
        ("", ""),
    ],
)
def test_normal_form(given_url: str, normal: str) -> None:
    assert urls.normalize(given_url) == normal


@pytest.mark.parametrize(
    "same",
    [
        ("https://www.news.example/story", "http://news.example/story/", "https://news.example/story?utm_campaign=x#top"),
        (
            "https://news.example/story/amp",
            "https://news.example/story.amp",
            "https://m.news.example/story",
            "https://amp.news.example/story/amp/",
        ),
        ("https://news.example/story?amp", "https://news.example/story?outputType=amp"),
    ],
)
def test_spellings_of_one_article_have_one_id(same: tuple[str, ...]) -> None:
    assert len({urls.article_id(url) for url in same}) == 1


def test_different_articles_keep_different_ids() -> None:
    different = [
        "https://e.com/a",
        "https://e.com/b",
        "https://e.com/a?id=1",
        "https://e.com/a?id=2",
        "https://e.com:8080/a",
        "https://f.com/a",
    ]
    different += [
        "https://e.com/?q=%E9",
        "https://e.com/?q=%E8",
        "https://e.com/x%2Fy",
        "https://e.com/x/y",
        "https://e.com/example",
    ]
    assert len({urls.article_id(url) for url in different}) == len(different)


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "mailto:a@b.example",
        "ftp://a.example/",
        "file:///etc/passwd",
        "http://",
        "http:///x",
        "https://a b.example/",
        "https://a.example/\x00",
        "https://a.example/\u0001x",
        "http://a\\@b.example/",
        "http://[::1/",
        "http://a.example:70000/",
        "//a.example/x",
        "http://" + "a" * 5000,
    ],
)
def test_no_http_address(url: str) -> None:
    assert not urls.is_http_url(url)


@pytest.mark.parametrize(
    ("url", "base", "result"),
    [
        ("/x", "https://a.example/y/z", "https://a.example/x"),
        (" https://a.example/\n x ", None, "https://a.example/%20x"),
        ("https://a.example/a b", None, "https://a.example/a%20b"),
        ("//b.example/x", "https://a.example/", "https://b.example/x"),
        ("x", None, None),
        ("", "https://a.example/", None),
        ("java\nscript:alert(1)", "https://a.example/", None),
        ("http://[bad", "https://a.example/", None),
    ],
)
def test_absolute(url: str, base: str | None, result: str | None) -> None:
    assert urls.absolute(url, base) == result


@pytest.mark.parametrize(
    ("place", "domain"),
    [
        ("https://www.news.co.uk/x", "news.co.uk"),
        ("https://a.b.example/", "b.example"),
        ("news.example", "news.example"),
        ("https://127.0.0.1/", "127.0.0.1"),
        ("https://[::1]:80/", "::1"),
        ("https://localhost/", "localhost"),
        ("https://co.uk/", "co.uk"),
        ("WWW.News.Example.", "news.example"),
    ],
)
def test_registrable_domain(place: str, domain: str) -> None:
    assert urls.registrable_domain(place) == domain


@pytest.mark.parametrize(
    ("declared", "believed"),
    [
        ("https://www.news.example/story", True),
        ("/story?utm_source=x", True),
        ("https://news.example/", False),  # the home page
        ("https://elsewhere.example/story", False),
        ("javascript:void(0)", False),
        (None, False),
    ],
)
def test_canonical_is_believed_only_on_its_own_domain_and_not_as_home_page(declared: str | None, believed: bool) -> None:
    found = "https://news.example/section/story-17"
    chosen = urls.canonical_url(found, declared)
    assert (urls.article_key(chosen) == "news.example/story") == believed
    if not believed:
        assert chosen == found


def test_ids_are_pinned() -> None:
    # Databases hold these: a change here orphans every stored row.
    assert urls.stable_id("article", "news.example/story") == urls.article_id("https://www.news.example/story?utm_source=rss")
    assert urls.stable_id("a") == PINNED


PINNED = 2340832890917691671


def test_masked() -> None:
    assert urls.masked("https://user:secret@e.example/a@b?c@d") == "https://***@e.example/a@b?c@d"
    assert urls.masked("https://e.example/a@b//c@d") == "https://e.example/a@b//c@d"
