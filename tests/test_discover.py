"""Finding a site's feeds in its pages."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.discover import feed_candidates, usual_paths

PAGE = """<!doctype html><html><head><title>The  Daily &amp; Sunday</title><base href="/news/">
<link rel="stylesheet alternate" type="text/css" href="x.css">
<link rel="alternate" type="application/rss+xml" title="Comments" href="/comments/feed/">
<link rel="ALTERNATE home" type="Application/RSS+XML; charset=utf-8" title="All news" href="feed.xml">
<link rel="alternate" type="application/atom+xml" href="https://feeds.example/atom">
<link rel="alternate" type="application/feed+json" title="JSON" href="//cdn.example/feed.json">
<link rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/2">
<link rel="alternate" type="application/json+oembed" href="/oembed?x">
<link rel="alternate" type="application/rss+xml" href="javascript:alert(1)">
<link rel="alternate" hreflang="de" href="/de/">
<link rel="alternate" type="application/rss+xml" title="again" href="feed.xml">
</head><body><a href="/other/rss">RSS</a></body></html>"""


def test_named_feeds_come_in_order_comments_last_each_once() -> None:
    found = feed_candidates(PAGE, "https://site.example/x")
    assert [line.url for line in found] == [
        "https://site.example/news/feed.xml",
        "https://feeds.example/atom",
        "https://cdn.example/feed.json",
        "https://site.example/comments/feed/",
    ]
    assert (
        found[0].title == "All news" and found[1].title == "The Daily & Sunday" and found[0].site_url == "https://site.example/x"
    )


def test_plain_links_count_where_nothing_is_named() -> None:
    links = ("/rss/world.xml", "/feedback", "/a.rss", "/about")
    page = "<html><body>" + "".join(f"<a href='{link}'>x</a>" for link in links) + "</body></html>"
    assert [line.url for line in feed_candidates(page, "https://s.example/")] == [
        "https://s.example/rss/world.xml",
        "https://s.example/a.rss",
    ]


def test_usual_paths_start_beside_the_page() -> None:
    paths = usual_paths("https://s.example/blog/index.html?x#y")
    assert paths[0] == "https://s.example/blog/feed" and "https://s.example/feed.xml" in paths and len(set(paths)) == len(paths)
    assert all(path.startswith("https://s.example/") and "//" not in path[8:] for path in usual_paths("https://s.example"))


@settings(deadline=None)
@given(st.text(max_size=300) | st.text(alphabet="<>/=\"' linkrelahf&;!-", max_size=300))
def test_no_page_makes_it_raise(page: str) -> None:
    feed_candidates(page, "https://s.example/")
    feed_candidates(page, page)


def test_xml_declarations_and_emptiness_are_no_trouble() -> None:
    assert feed_candidates("", "https://s.example/") == ()
    link = "<link rel='alternate' type='application/rss+xml' href='/ü'/>"
    page = f"<?xml version='1.0' encoding='latin-1'?><html><head>{link}</head></html>"
    assert [line.url for line in feed_candidates(page, "https://s.example/")] == ["https://s.example/ü"]
