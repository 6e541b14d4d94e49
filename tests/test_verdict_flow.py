"""What becomes of pages that are no article, through the real steps: kept with verdict and evidence, and `why` says so."""

import pytest

from schemas.reasons import Verdict
from tasks.store.why import why
from tests.eval.invented_pages import PAGES
from tests.test_pages_flow import HOST, Site, page, paragraphs, site

__all__ = ["site"]

# verdict -> (an invented page, what `why` has to say)
NO_ARTICLE = {
    Verdict.CONSENT: ("consent before you continue", "the page shows only a consent dialog"),
    Verdict.BOT_WALL: ("bot browser check", "the page shows only a check for robots"),
    Verdict.LISTING: ("listing front page", "the page is a list of articles, not one"),
    Verdict.GALLERY_OR_VIDEO: ("gallery title", "the page is a gallery or a video without an article's text"),
    Verdict.NOT_FOUND_PAGE: ("404 plain", "the page says that there is nothing here"),
    Verdict.EMPTY: ("empty application", "the page holds no article text"),
}


@pytest.mark.parametrize("verdict", sorted(NO_ARTICLE))
def test_a_page_that_is_no_article_is_kept_with_its_verdict_and_why_says_so(site: Site, verdict: Verdict) -> None:
    name, said = NO_ARTICLE[verdict]
    path, html, label = PAGES[name]
    assert label is verdict
    site.put(path, html.encode())
    site.lists((path, None))
    site.run()
    assert site.sql("SELECT count(*) FROM articles") == [(0,)]
    [(kept, score, evidence, archived)] = site.sql("SELECT verdict, verdict_score, evidence, archive_file IS NOT NULL FROM pages")
    assert (kept, archived) == (verdict, True)
    assert 0 < score <= 1 and evidence
    assert site.sql("SELECT state FROM entries") == [("not_an_article",)]
    sentence = why(site.settings, f"http://{HOST}{path}")
    assert said in sentence and evidence in sentence
    assert site.sql("SELECT count(*) FROM why WHERE state = 'not_an_article' AND detail IS NOT NULL") == [(1,)]


def test_a_teaser_is_a_copy_of_the_full_text_and_never_an_original(site: Site) -> None:
    cut = paragraphs("silt", 3)[: -len(" counted each of them twice.</p>")] + " …</p><p><a href='/full'>Read more</a></p>"
    stamps = [f"<meta property='article:published_time' content='2026-09-1{n}T08:00:00Z'>" for n in (1, 2)]
    site.put("/teaser", page(cut, stamps[0]))
    site.put("/full", page(paragraphs("silt"), stamps[1]))
    site.lists(("/teaser", None))
    site.run()
    assert site.sql("SELECT verdict FROM articles") == [("teaser",)]
    assert site.sql("SELECT count(*) FROM stories") == [(0,)]
    site.lists(("/teaser", None), ("/full", None))
    site.run()
    assert site.sql(
        "SELECT a.verdict, o.verdict FROM copies c JOIN articles a ON a.id = c.article_id JOIN articles o ON o.id = c.original_id"
    ) == [("teaser", "full")]
    assert site.sql("SELECT articles, tellings FROM stories") == [(2, 1)]
