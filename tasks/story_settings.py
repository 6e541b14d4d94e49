"""What may be changed about stories, in one place: docs/folding.md says what each was measured to do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StorySettings:
    """What may be changed about stories. Likeness is a number from 0 to 1; see `tasks.linkage.likeness`."""

    # an article joins a story that has an article within so many days …
    window_days: int = 3
    # … and may follow up one that is so many days older
    follow_days: int = 14
    # the likeness an article needs to join, and how much less where there is only a headline (so little to have in common)
    join: float = 0.34
    headline_discount: float = 0.13
    # the share of the whole text in likeness; the rest is that of title and lead
    body_share: float = 0.3
    # what it lowers likeness by that two articles are one template filled in anew on another day …
    template_cost: float = 1.0
    # … that two reports of one kind of event (`tasks.key_facts`) say another country, strength or quarter, or name others …
    event_cost: float = 1.0
    # … so that their names are less alike than this (a cosine); of names that are alike so much more nothing contradicts
    least_names_alike: float = 0.1
    names_alike: float = 0.3
    # what each day between lowers likeness by, and as how many days an unknown time counts
    per_day: float = 0.07
    unknown_days: float = 1.0
    # how much a story of many articles is forgiven that these differ: 0 is group average, 1/2 the cosine of centroids;
    # reached at so many articles
    breadth: float = 0.3
    breadth_articles: int = 21
    # what is asked of two stories to become one, compared with the threshold to join
    merge_factor: float = 1.3
    # a new story follows up one that it would have joined at this share of the threshold
    follow_factor: float = 0.95
    # an article makes the stories that it is this near to (as a share of the threshold) be looked at anew …
    near_factor: float = 0.5
    # … so many of them, article by article as long as they have no more than so many tellings, and these in all
    near_stories: int = 12
    loose_tellings: int = 12
    loose_in_all: int = 80
    # a term that more articles have finds no story (once so many were counted)
    find_share: float = 0.05
    find_documents: int = 2_000
    max_candidates: int = 200
    max_stories: int = 30
