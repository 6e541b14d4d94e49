"""An article whose text changed: its version, its signature, its copies and its story, through the real steps."""

from tests.test_pages_flow import Site, page, paragraphs, site

__all__ = ["site"]

UNLIKE = "".join(
    f"<p>The museum on Gull Street shows {n} paintings of storms, and curator Oda Lind tells {n + 30} visitors about them.</p>"
    for n in range(3, 27)
)


def _links(site: Site) -> list[tuple[str, str, str]]:
    return site.sql(
        "SELECT split_part(a.url, '/', 4), split_part(o.url, '/', 4), c.level FROM copies c "
        "JOIN articles a ON a.id = c.article_id JOIN articles o ON o.id = c.original_id ORDER BY 1"
    )


def _stories(site: Site) -> list[list[str]]:
    rows = site.sql(
        "SELECT list(split_part(a.url, '/', 4) ORDER BY a.url) FROM story_articles s JOIN articles a ON a.id = s.article_id "
        "GROUP BY s.story_id ORDER BY 1"
    )
    return [row[0] for row in rows]


def _consistent(site: Site) -> None:
    """Each article has one signature, each text that folds is counted, each story is counted, nothing waits."""
    assert site.sql("SELECT article_id FROM signatures GROUP BY 1 HAVING count(*) <> 1") == []
    assert site.sql("SELECT count(*) FROM signatures") == site.sql("SELECT count(*) FROM articles")
    uncounted = """SELECT coalesce(c.original_id, a.id) FROM articles a LEFT JOIN copies c ON c.article_id = a.id
        LEFT JOIN story_vectors v ON v.article_id = a.id WHERE a.verdict IN ('full', 'live_blog')
        GROUP BY 1 HAVING count(v.article_id) = 0"""
    assert site.sql(uncounted) == []
    counts = "SELECT story_id, count(*) FROM story_articles GROUP BY 1 EXCEPT SELECT id, articles FROM stories"
    assert site.sql(counts) == []
    assert site.sql("SELECT story_id FROM story_articles ANTI JOIN stories ON stories.id = story_id") == []
    assert site.sql("SELECT original_id FROM copies WHERE original_id IN (SELECT article_id FROM copies)") == []
    assert site.sql("SELECT count(*) FROM refolds") == [(0,)]
    assert site.sql("SELECT m.article_id FROM mentions m ANTI JOIN articles a ON a.id = m.article_id") == []


def _three_copies(site: Site) -> None:
    for number in (1, 2, 3):
        stamp = f"<meta property='article:published_time' content='2026-09-1{number}T08:00:00Z'>"
        site.put(f"/{number}", page(paragraphs(), stamp))
    site.lists(*((f"/{number}", None) for number in (1, 2, 3)))
    site.run()
    assert _links(site) == [("2", "1", "exact"), ("3", "1", "exact")]
    _consistent(site)


def test_an_original_that_is_rewritten_leaves_its_copies_and_its_story(site: Site) -> None:
    _three_copies(site)
    [old] = site.sql("SELECT id FROM stories")
    stamp = "<meta property='article:published_time' content='2026-09-11T08:00:00Z'>"
    site.put("/1", page(UNLIKE, stamp, "Storms in the museum"))
    assert site.look_again() == 1
    assert _links(site) == [("3", "2", "exact")]
    assert _stories(site) == [["1"], ["2", "3"]]
    assert site.sql("SELECT change FROM changed_since") == [("rewrite",)]
    assert old in site.sql("SELECT id FROM stories")
    _consistent(site)


def test_an_original_that_is_corrected_keeps_its_copies_and_its_story(site: Site) -> None:
    _three_copies(site)
    before = site.sql("SELECT article_id, story_id FROM story_articles ORDER BY 1")
    stamp = "<meta property='article:published_time' content='2026-09-11T08:00:00Z'>"
    note = "<p>Correction: An earlier version gave a wrong number of barges.</p>"
    site.put("/1", page(paragraphs().replace("moved 7 barges", "moved 70 barges") + note, stamp))
    assert site.look_again() == 1
    assert _links(site) == [("2", "1", "near"), ("3", "1", "near")]
    assert site.sql("SELECT article_id, story_id FROM story_articles ORDER BY 1") == before
    assert site.sql("SELECT change, notice FROM changed_since") == [
        ("correction", "Correction: An earlier version gave a wrong number of barges.")
    ]
    _consistent(site)


def test_an_article_that_becomes_a_copy_goes_where_its_text_is(site: Site) -> None:
    stamps = {n: f"<meta property='article:published_time' content='2026-09-1{n}T08:00:00Z'>" for n in (1, 2)}
    site.put("/1", page(paragraphs(), stamps[1]))
    site.put("/2", page(UNLIKE, stamps[2], "Storms in the museum"))
    site.lists(("/1", None), ("/2", None))
    site.run()
    assert _stories(site) == [["1"], ["2"]]
    [gone] = site.sql("SELECT s.story_id FROM story_articles s JOIN articles a ON a.id = s.article_id WHERE a.url LIKE '%/2'")
    site.put("/2", page(paragraphs(), stamps[2]))
    assert site.look_again() == 1
    assert _links(site) == [("2", "1", "exact")]
    assert _stories(site) == [["1", "2"]]
    assert site.sql("SELECT old_id FROM story_aliases") == [gone]
    _consistent(site)


def test_another_headline_alone_is_a_version(site: Site) -> None:
    site.put("/1", page(paragraphs()))
    site.lists(("/1", None))
    site.run()
    site.put("/1", page(paragraphs(), title="Harbour dredged, and paid for twice"))
    assert site.look_again() == 1
    rows = site.sql("SELECT change, headline_before, headline_now, new_headline, words_added, words_removed FROM changed_since")
    assert rows == [("headline", "Harbour dredged at last", "Harbour dredged, and paid for twice", True, 0, 0)]
    assert site.look_again() == 0
    _consistent(site)


def test_a_page_that_is_gone_is_a_change(site: Site) -> None:
    site.put("/1", page(paragraphs()))
    site.lists(("/1", None))
    site.run()
    site.put("/1", b"", status=410)
    assert site.look_again() == 0
    assert site.sql("SELECT change, headline_before, headline_now, version FROM changed_since") == [
        ("removed", "Harbour dredged at last", None, 1)
    ]


def test_an_extractor_that_reads_the_same_payload_otherwise_makes_no_edit(site: Site) -> None:
    site.put("/1", page(paragraphs()))
    site.lists(("/1", None))
    site.run()
    site.sql("UPDATE articles SET text_hash = 'as an older extractor read it'")
    assert site.look_again() == 0
    assert site.sql("SELECT version FROM articles") == [(1,)]
    site.put("/1", page(paragraphs("gold")))
    assert site.look_again() == 1


def test_the_feed_s_text_that_a_page_replaces_is_no_change_by_the_publisher(site: Site) -> None:
    site.put("/1", b"", status=403)
    site.lists(("/1", paragraphs("silt")))
    site.run()
    site.put("/1", page(paragraphs("silt and sand")))
    assert site.look_again() == 1
    assert site.sql("SELECT cause FROM article_versions ORDER BY version") == [(None,), ("page",)]
    assert site.sql("SELECT * FROM changed_since") == []
    _consistent(site)
