"""Payloads of newsfold's events. Small: events are hints, the tables are truth."""

from pydantic import BaseModel, ConfigDict, Field

ENTRIES_DISCOVERED = "newsfold.entries.discovered"
ARTICLES_STORED = "newsfold.articles.stored"
URL_SUBMITTED = "newsfold.url.submitted"
FEED_FAILING = "newsfold.feed.failing"
RESOURCE_ID = "newsfold.store"
MOST_IDS = 1000  # ids in a payload; Prefect drops events of over 1.5 MB without a word
MOST_URLS = 1000


class EntriesDiscovered(BaseModel):
    """A poll found entries: `ingest` may start."""

    run_id: int = Field(description="runs.id of the poll")
    new: int = Field(ge=0, description="Entries seen for the first time")
    edited: int = Field(ge=0, description="Entries that their feeds changed")


class ArticlesStored(BaseModel):
    """An ingest stored or changed articles."""

    run_id: int = Field(description="runs.id of the ingest")
    articles: int = Field(ge=0, description="New articles")
    versions: int = Field(ge=0, description="New versions of known articles")
    stories: int = Field(ge=0, description="New stories")
    story_ids: list[int] = Field([], max_length=MOST_IDS, description="Stories that these articles belong to (stories.id)")
    entity_ids: list[int] = Field([], max_length=MOST_IDS, description="Entities that these articles mention (entities.id)")
    complete: bool = Field(True, description="Whether all ids are listed; else ask the tables with articles.run_id")


class UrlSubmitted(BaseModel):
    """Somebody wants addresses fetched. Anybody may send this through Prefect's events API."""

    model_config = ConfigDict(extra="ignore")

    urls: list[str] = Field(min_length=1, max_length=MOST_URLS, description="http(s) addresses of articles")


class FeedFailing(BaseModel):
    """A feed turned bad: only a person can help. Sent once, until it has been well again."""

    feed_id: int = Field(description="feeds.id")
    url: str = Field(description="Address of the feed as it was added")
    health: str = Field(description="failing, gone, html instead of feed, empty")
    advice: str = Field(description="What is the matter, and what a person could do")
