"""Which names of an article are one entity: surnames and full names, acronyms, legal suffixes, first words. Pure."""

import re
from collections import Counter
from dataclasses import dataclass, field

from schemas.reasons import EntityType
from tasks import entity_words as w
from tasks import knowledge


@dataclass(slots=True)
class Group:
    """One entity being built. `surfaces` counts candidates by spelling, `votes` by type."""

    first: int
    surfaces: Counter[str] = field(default_factory=Counter)
    votes: Counter[EntityType] = field(default_factory=Counter)
    roles: Counter[str] = field(default_factory=Counter)
    type: EntityType = EntityType.ORG
    key: str | None = None
    name: str = ""
    place: knowledge.Place | None = None
    organization: knowledge.Organization | None = None
    people: tuple[str, str] | None = None
    kin: bool = False  # introduced as somebody's relative: "his daughter"
    beside: bool = False  # stands beside its own surname: "Mwale and |Ann Mwale|"
    located: bool = False  # something is "in" or "near" it somewhere
    at: bool = False  # something is "at" it: a place, or a company that somebody looks at
    as_state: int = 0  # mentions that speak of a state rather than of its city: "New York Gov."
    body: str | None = None  # the country (ISO code) whose ministry, court or other common body it is

    @property
    def longest(self) -> str:
        """The fullest spelling; the most frequent of equals."""
        return max(self.surfaces, key=lambda surface: (len(surface.split()), self.surfaces[surface], len(surface), surface))

    @property
    def best(self) -> str:
        """The spelling to be known by: of several words, used most, without a middle initial, the fullest."""
        return max(self.surfaces, key=self._merit)

    def _merit(self, surface: str) -> tuple[bool, int, bool, int, str]:
        words = surface.split()
        return len(words) > 1, min(self.surfaces[surface], 3), not re.search(r" [A-Z]\.? ", surface), len(words), surface

    def absorb(self, other: "Group") -> None:
        """Take over another group's evidence."""
        self.first = min(self.first, other.first)
        self.surfaces.update(other.surfaces)
        self.votes.update(other.votes)
        self.roles.update(other.roles)
        self.kin = self.kin or other.kin
        self.beside = self.beside or other.beside
        self.as_state += other.as_state


def join_keys(buckets: list[Group]) -> list[Group]:
    """Buckets with one knowledge key are one entity."""
    joined: dict[str, Group] = {}
    groups: list[Group] = []
    for bucket in buckets:
        if bucket.key is not None and bucket.key in joined:
            joined[bucket.key].absorb(bucket)
            continue
        if bucket.key is not None:
            joined[bucket.key] = bucket
        groups.append(bucket)
    return groups


def name_parts(name: str) -> list[str]:
    """The folded words of a person's name without suffixes like "Jr."."""
    words = [knowledge.fold(word) for word in name.replace("-", "- ").split()]
    return [word for word in words if word and word not in w.NAME_SUFFIX]


def generation(name: str) -> str | None:
    """ "jr" of "Donald Trump Jr.": who is told apart by it is never meant without it by a shorter name that has it."""
    last = knowledge.fold(name).split()[-1:]
    return last[0] if last and last[0] in ("jr", "sr", "ii", "iii", "iv") else None


def short_form(short: list[str], full: list[str]) -> bool:
    """Whether `short` can stand for `full`: its last words, its only family name in front, or both ends of it."""
    if not short or len(short) >= len(full):
        return False
    if full[-len(short) :] == short:
        return True
    if len(short) == 1 and short[0] == full[0] and full[0] in w.FAMILY_FIRST and len(full) <= 3:
        return True
    if len(short) < 2 or short[0] != full[0] or short[-1] != full[-1]:
        return False
    # "George W. Bush" is not "George H. W. Bush"
    return middle_initials(full).startswith(middle_initials(short))


def middle_initials(parts: list[str]) -> str:
    """The initials of the words between given and family name."""
    return "".join(part[0] for part in parts[1:-1])


def join_persons(groups: list[Group]) -> list[Group]:
    """Short forms of persons join the fullest name they fit; the earliest person where several do."""
    persons = [item for item in groups if item.type is EntityType.PERSON]
    full = sorted(
        (item for item in persons if len(name_parts(item.longest)) > 1),
        key=lambda item: (-len(name_parts(item.longest)), item.first),
    )
    # "Trump Jr.": who is written so is not meant by "Trump"
    told = {(tuple(name_parts(name)), generation(name)) for item in persons for name in item.surfaces}
    gone: set[int] = set()
    for item in sorted(persons, key=lambda each: -len(name_parts(each.longest))):
        short = name_parts(item.longest)
        owners = [
            other
            for other in full
            if other is not item
            and id(other) not in gone
            and short_form(short, name_parts(other.longest))
            and _same_generation(item, other, told)
            and not _relative_of(other, item)
        ]
        if not owners and len(short) == 1:
            # a given name alone ("Ahmed"), when only one person in the article bears it
            owners = [
                other
                for other in full
                if other is not item and id(other) not in gone and name_parts(other.longest)[0] == short[0]
            ]
            owners = owners if len(owners) == 1 else []
        if owners:
            owner = _pick_owner(item, owners)
            owner.absorb(item)
            gone.add(id(item))
    return [item for item in groups if id(item) not in gone and not _month(item)]


def _same_generation(item: Group, other: Group, told: set[tuple[tuple[str, ...], str | None]]) -> bool:
    """Whether a short form can mean somebody's name as far as "Jr." goes; `told` are the article's names with theirs."""
    mine, theirs = generation(item.longest), generation(other.longest)
    return mine == theirs or (mine is None and (tuple(name_parts(item.longest)), theirs) not in told)


def _relative_of(other: Group, item: Group) -> bool:
    """Whether a full name is a relative's of whom a surname means: "President |Trump|" is not "his daughter Ivanka", and where
    "Mwale and Ann Mwale" came, "Mwale" is not Ann."""
    if other.beside and len(name_parts(item.longest)) == 1:
        return True
    held = {role.casefold() for role in item.roles} & w.OFFICES
    return other.kin and bool(held) and not held & {role.casefold() for role in other.roles}


def _month(item: Group) -> bool:
    """A month that nobody is named after: no full name joined it, and no "Mrs" stands before it."""
    titled = item.votes[EntityType.PERSON] > 2 * item.surfaces.total()
    return item.type is EntityType.PERSON and item.longest.casefold() in w.NOT_NAMES and not titled


def _pick_owner(item: Group, owners: list[Group]) -> Group:
    """Of several persons a short form fits: one who shares a role with it, else the one named first."""
    sharing = [owner for owner in owners if set(item.roles) & set(owner.roles)]
    return min(sharing or owners, key=lambda owner: owner.first)


def join_organizations(groups: list[Group]) -> list[Group]:
    """Acronyms join their expansion, names differing in legal suffix join, first words join the one longer name."""
    kinds = (EntityType.ORG, EntityType.GROUP, EntityType.PLACE, EntityType.PERSON)
    gone: set[int] = set()
    organizations = [item for item in groups if item.type is EntityType.ORG]
    bare: dict[str, Group] = {}
    for item in organizations:
        folded = knowledge.fold(knowledge.strip_legal(item.longest))
        if folded in bare and bare[folded].key in (None, item.key):
            bare[folded].absorb(item)
            gone.add(id(item))
        else:
            bare.setdefault(folded, item)
    for item in groups:
        if (
            id(item) in gone
            or item.type not in kinds
            or (item.key is not None and item.type is not EntityType.ORG)
            or item.people
        ):
            continue
        owner = _expansion(item, organizations, gone) or _longer(item, organizations, gone)
        if owner is not None:
            owner.absorb(item)
            owner.key, owner.organization = (owner.key, owner.organization) if owner.key else (item.key, item.organization)
            gone.add(id(item))
    return [item for item in groups if id(item) not in gone]


def join_craft(groups: list[Group]) -> list[Group]:
    """Ships named without what they are join their full names: "the Tabar" is "INS Tabar"."""
    craft = {
        item.longest.partition(" ")[2]: item
        for item in groups
        if item.type is EntityType.PRODUCT and item.longest.split()[0].casefold() in w.CRAFT_HEADS
    }
    kept: list[Group] = []
    for item in groups:
        owner = craft.get(item.longest)
        if owner is None or owner is item or item.key is not None or item.roles:
            kept.append(item)
        else:
            owner.absorb(item)
    return kept


def initials(name: str) -> set[str]:
    """The acronyms a name can have: of all words, of the capitalised ones."""
    words = [word for word in re.split(r"[\s\-–&]+", name) if word]
    all_words = "".join(word[0] for word in words).upper()
    capital = "".join(word[0] for word in words if word[0].isupper())
    return {all_words, capital}


def _expansion(item: Group, organizations: list[Group], gone: set[int]) -> Group | None:
    acronym = item.longest.replace(".", "")
    # "Sars" and "Nafta" are acronyms written as words
    if " " in acronym or not 2 <= len(acronym) <= 7 or not (acronym.isupper() or (len(acronym) >= 4 and acronym.istitle())):
        return None
    acronym = acronym.upper()
    fits = [
        other
        for other in organizations
        if other is not item
        and id(other) not in gone
        and any(acronym in initials(surface) and acronym not in surface.upper().split() for surface in other.surfaces)
    ]
    if len(fits) == 1 and (item.key is None or fits[0].key is None or item.key == fits[0].key):
        return fits[0]
    return None


def _longer(item: Group, organizations: list[Group], gone: set[int]) -> Group | None:
    """The one longer name that starts with this one ("Lynas" -> "Lynas Rare Earths")."""
    words = knowledge.fold(item.longest).split()
    if item.type is EntityType.PERSON and (len(words) > 1 or item.roles):
        return None
    if (
        item.key is not None
        or (item.type is EntityType.PLACE and (item.located or len(words) > 1))
        or words[0] in w.GENERIC | w.NO_SHORT_FORMS
        or len(words[0]) < 4
        or knowledge.is_place(item.longest)
    ):
        return None
    fits = [
        other
        for other in organizations
        if other is not item
        and id(other) not in gone
        and len(folded := knowledge.fold(other.longest).split()) > len(words)
        and folded[: len(words)] == words
    ]
    if item.type is EntityType.PERSON or (item.type is EntityType.PLACE and item.at):
        fits = [other for other in fits if other.organization or knowledge.fold(other.longest).split()[-1] in w.COMPANY_WORDS]
    return fits[0] if len(fits) == 1 else None
