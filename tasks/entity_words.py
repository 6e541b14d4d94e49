"""The words that the entity rules turn on, from `schemas/data/entity_words.json`: all folded to lower case. Values only."""

import json
import re
from importlib.resources import files

_LISTS: dict[str, list[str]] = json.loads((files("schemas") / "data" / "entity_words.json").read_text(encoding="utf-8"))


def _words(name: str) -> frozenset[str]:
    return frozenset(word for line in _LISTS[name] for word in line.split())


# Heads of titles. The last word of "Treasury Secretary" decides; any capitalised word may stand before a sure head.
SURE_TITLES = _words("sure_titles")
# Titles that are as often a name or something else: only at the very front of a span, with at least one name behind.
LOOSE_TITLES = _words("loose_titles")
# What may stand before the head of a title, for reading a role out of the words before a name.
TITLE_MODIFIERS = LOOSE_TITLES | _words("title_modifiers")
# Words before a name that are neither title nor name ("Republican", "Nonpartisan").
NAME_LABELS = _words("name_labels")
DESCRIBING = _words("describing")
MONTHS = _words("months")
MONTH_SHORT = _words("month_short")
WEEKDAYS = _words("weekdays")
# Never an entity of their own, whatever the model says.
NOT_NAMES = MONTHS | WEEKDAYS | MONTH_SHORT | _words("not_names")
# Cut from the end of a person's name; months stay ("Theresa May").
NAME_JUNK = WEEKDAYS | _words("name_junk")
# A name that ends with one of these (or starts with one, before "of") is an organization.
ORG_WORDS = _words("org_words")
# Of these the model's label decides (a hospital is where people are taken, or the body that speaks): only never a person.
SOFT_ORG_WORDS = _words("soft_org_words")
PLACE_WORDS = _words("place_words")
GENERIC = ORG_WORDS | PLACE_WORDS | _words("generic")
PARTICLES = _words("particles")
# Family names that come first ("Xi Jinping"): the short form of such a name is its first word.
FAMILY_FIRST = _words("family_first")
# Words that begin sentences: capitalised there, never a part of the name that follows.
SENTENCE_WORDS = _words("sentence_words")
NAME_SUFFIX = _words("name_suffix")
# Last words of events, and of laws, plans and other works; first words of storms and operations, and of ships.
EVENT_WORDS = _words("event_words")
WORK_WORDS = _words("work_words")
EVENT_HEADS = _words("event_heads")
CRAFT_HEADS = _words("craft_heads")
# Last words that make a name a company's beyond doubt: its first word alone then means the company.
COMPANY_WORDS = _words("company_words")
# Given names that are everyday words as well: alone they prove no person.
ALSO_WORDS = _words("also_words")
# Last words of sports clubs.
TEAM_WORDS = _words("team_words")
# Adjectives that begin many names: alone they mean none of them.
NO_SHORT_FORMS = _words("no_short_forms")
# Words of offices and courts that every country has, and those of them that make a name one.
BODY_WORDS = _words("body_words")
BODY_HEADS = _words("body_heads")
# Front parts of titles that no name follows directly.
NO_HEAD = _words("no_head")
CURRENCIES = _words("currencies")
# Second halves of compounds that are no part of the name: "Bush-era", "Saudi-led".
COMPOUND_TAILS = _words("compound_tails")

# Last words of bodies whose names go on with what they are of or for.
BODY_GOES_ON = _words("body_goes_on")
# What is in people and companies, not in places: "trust in".
TRUST_WORDS = _words("trust_words")
# Offices that with a surname name one person at a time.
OFFICES = frozenset({"president", "prime minister", "chancellor", "pope", "king", "queen", "emperor", "vice president"})
# Single words that are the short names of many: newspapers, departments, adjectives of offices.
MANY_MEAN = _words("many_mean")
# Whose bodies are called after them: "Children's Hospital", "Workers' Party".
BODY_IS_FOR = _words("body_is_for")
# Names of what comes again every year, or is a programme's as well.
MANY_TITLES = frozenset(name.replace("-", " ") for name in _words("many_titles"))
# Last words of newspapers that mean other things alone.
PAPER_WORDS = _words("paper_words")
# Last words of bodies of which a country has many.
MANY_BODIES = _words("many_bodies")
# Capitalised phrases that name nothing.
PHRASES = frozenset(name.replace("-", " ") for name in _words("phrases"))
# Last words of places that every state or town has.
MANY_PLACES = _words("many_places")
# Members of parties that many countries have.
PARTY_PEOPLE = _words("party_people")
# What people write in capitals for emphasis.
SHOUTED = _words("shouted")
# Who is introduced by a relative.
KIN = _words("kin")
# Last words that make a name no organization's, unless another word in it does.
LANDSCAPE = _words("landscape")

# Noun -> walk of life ("striker" -> "sport"): what a sentence calls a person, before the name or behind it.
_WALKS: dict[str, list[str]] = json.loads((files("schemas") / "data" / "walks_of_life.json").read_text(encoding="utf-8"))[
    "fields"
]
WALK_OF_LIFE = {word: field for field, lines in _WALKS.items() for line in lines for word in line.split()}

ROLE_NOUNS = (
    r"(?:chief (?:executive|financial|operating|technology|economist|strategist)(?: officer)?|managing director|"
    r"(?:vice[- ])?president|prime minister|(?:\w+ )?minister|chair(?:man|woman)?|chancellor|secretary[- ]general|"
    r"(?:\w+ )?secretary|director(?:[- ]general)?|spokes(?:man|woman|person)|c[efot]o|(?:co-)?founder|governor|mayor|senator|"
    r"ambassador|economist|analyst|strategist|professor|lawyer|attorney|head|leader|editor|negotiator)"
)
TOKEN = re.compile(r"(?:[A-Z]\.){2,}|[^\W_]+(?:['’](?![sS]\b)[^\W_]+)*")
