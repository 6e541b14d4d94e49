"""Payloads of newsfold's events. Small: events are hints, the tables are truth."""

from pydantic import BaseModel, Field

ENTRIES_DISCOVERED = "newsfold.entries.discovered"
ARTICLES_STORED = "newsfold.articles.stored"
RESOURCE_ID = "newsfold.store"


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
