"""What changed between two versions of an article: a word diff, its class, and the notice that came with it. Pure.

Words are compared without case and punctuation, like `tasks.text.text_hash`: what that calls the same text has no diff.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from tasks.text import WORD, text_hash, words

_TOKEN = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]|[^\\s\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+"
)
_CONTEXT = 4  # words shown on either side of a change
_MOST_DIFF = 20_000  # characters of a stored diff: more is a rewrite that nobody reads as one
_MOST_NOTICE = 600
_MOST_PAIRS = 4_000_000  # words × words that are compared word by word; beyond, paragraphs are the unit
_KEPT_OF_REWRITE = 0.5
_LEFT_OF_REMOVED = 0.25
_EMPTIED, _OF_WORDS = 10, 100  # fewer words than that left of so many: the text was taken away, whatever stands there now
_MOST_STEPS = 200_000_000  # of the comparison, at worst; places beyond are shown whole (an article takes some 100,000)
_MOST_TYPO_WORDS = 12
_MOST_TYPO_LETTERS = 400
_TYPO_LIKENESS = 0.6
_NAME_LIKENESS = 0.7  # of words with a capital: "Johnson" for "Jackson" is another person


class Change(StrEnum):
    """How a version differs from the one before."""

    TYPO = "typo"
    CORRECTION = "correction"
    UPDATE = "update"
    REWRITE = "rewrite"
    HEADLINE = "headline"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class VersionDiff:
    """What a version changed. `diff` is one line a changed place; `notice` the publisher's own words about the change."""

    change: Change
    added: int
    removed: int
    notice: str | None
    diff: str


@dataclass(frozen=True, slots=True)
class _Hunk:
    before: tuple[str, ...]
    old: tuple[str, ...]
    new: tuple[str, ...]
    after: tuple[str, ...]


# Notices stand at the start of a paragraph, in brackets or not. What each language's press writes; no outlet's own form.
_LABEL = r"""
    corrections?(?:\s+and\s+clarifications?)?|clarifications?|editor.?s.?\s+note|erratum|errata(?:\s+corrige)?|
    korrektur(?:hinweis)?|berichtigung|richtigstellung|(?:anmerkung|hinweis)\s+der\s+redaktion|
    rectificatif|rectification|précision|note\s+de\s+la\s+rédaction|
    correcci[oó]n|rectificaci[oó]n|fe\s+de\s+err(?:ores|atas)|aclaraci[oó]n|nota\s+de\s+la\s+redacci[oó]n|
    correção|retificação|nota\s+da\s+redação|correzione|rettifica|precisazione|nota\s+della\s+redazione|
    correctie|rectificatie|noot\s+van\s+de\s+redactie|sprostowanie|korekta|od\s+redakcji|
    rättelse|rettelse|oikaisu|düzeltme|исправление|поправка|уточнение|от\s+редакции|виправлення|διόρθωση|訂正|更正|정정
"""
_THING = r"(?:article|story|post|piece|report|column|headline|caption|item|page)"
_NOTICE = re.compile(
    rf"""
    ^[\W_]*(?:
        (?:{_LABEL})\s*(?:\([^)]{{1,40}}\)|,?\s+(?=[^:]{{0,24}}\d)[\w\s.,]{{1,30}}?)?(?:\s*[:：]|\s+[–—-]\s|\s*$)
      | (?:this|the)\s+{_THING}\b.{{0,60}}?\b(?:was|ha(?:s|ve)\s+been)\b.{{0,40}}?
        \b(?:amended|corrected|clarified|retracted)\b
      | (?:an?\s+(?:earlier|previous|original|prior)\s+version|(?:earlier|previous)\s+versions)\s+of\s+(?:this|the)\s+{_THING}\b
      | (?:in\s+)?eine[rm]?\s+(?:früheren?|vorherigen?|ersten|älteren?)\s+(?:version|fassung)\s+(?:dieses|des)\b
      | (?:dans\s+)?une\s+(?:première\s+version|version\s+(?:antérieure|précédente))\s+de\s+(?:cet|l)\b
      | cet\s+article\s+a\s+été\s+(?:corrigé|rectifié|modifié|amendé)
      | (?:en\s+)?una\s+versi[oó]n\s+(?:anterior|previa)\s+de\s+est[ea]
      | este\s+art[ií]culo\s+(?:ha\s+sido|fue)\s+(?:corregido|modificado|rectificado)
      | uma\s+versão\s+anterior\s+dest[ea] | est[ea]\s+(?:texto|reportagem|artigo)\s+foi\s+(?:corrigid|alterad|retificad)
      | (?:in\s+)?una\s+(?:precedente\s+versione|versione\s+precedente)\s+di\s+quest
      | (?:in\s+)?een\s+(?:eerdere|vorige)\s+versie\s+van\s+dit
      | (?:w\s+)?(?:poprzedniej|wcześniejszej|pierwotnej)\s+wersji
      | (?:i\s+)?en\s+(?:tidigare|tidligere)\s+(?:version|versjon|utgave|udgave)\s+(?:av|af)
      | в\s+(?:более\s+ранней|предыдущей|первоначальной)\s+версии
    )
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_UPDATE_NOTE = re.compile(
    rf"""
    ^[\W_]*(?:
        update(?:d|s)?\b\s*(?:\([^)]{{1,40}}\)\s*|[\w\s.,:]{{0,30}}?)?[:：–—]
      | (?:this|the)\s+{_THING}\b.{{0,40}}?\b(?:was|has\s+been)\b.{{0,40}}?\b(?:updated|expanded|revised|edited)\b
      | (?:aktualisier(?:t|ung)|mise?\s+à\s+jour|actualizaci[oó]n|actualizado|atualização|aggiornamento|aktualizacja|
        обновлено|uppdatering)\b.{{0,30}}?[:：–—]
      | dieser\s+(?:artikel|text|beitrag)\s+(?:wurde|wird)\b.{{0,40}}?aktualisiert
      | cet\s+article\s+a\s+été\s+(?:mis\s+à\s+jour|complété)
    )
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
_REMOVAL = re.compile(
    rf"""
        \b(?:{_THING}|content)\s+(?:was|has\s+been|is)\s+(?:removed|withdrawn|retracted|taken\s+down|unpublished|deleted|no\s+longer\s+available)
      | \bwe\s+have\s+(?:removed|withdrawn|retracted|taken\s+down)\s+(?:this|the|an)\s+(?:\w+\s+)?{_THING}
      | (?:artikel|beitrag|text|meldung)\s+(?:wurde|ist)\s+(?:gelöscht|entfernt|zurückgezogen|nicht\s+mehr\s+verfügbar)
      | article\s+a\s+été\s+(?:retiré|supprimé|dépublié) | art[ií]culo\s+(?:ha\s+sido|fue)\s+(?:retirado|eliminado)
      | articolo\s+è\s+stato\s+(?:rimosso|ritirato) | artikel\s+is\s+(?:verwijderd|ingetrokken)
    """,
    re.IGNORECASE | re.VERBOSE,
)


def compare_versions(old_title: str | None, old: str, new_title: str | None, new: str) -> VersionDiff | None:
    """What the new version changed; None when neither the headline's nor the text's words differ."""
    hunks = [] if text_hash(old) == text_hash(new) else list(_hunks(old, new))
    added, removed = (sum(_count(part) for part in parts) for parts in ([h.new for h in hunks], [h.old for h in hunks]))
    retitled = headline_changed(old_title, new_title)
    if not added and not removed and not retitled:
        return None
    notice = _notice_in(old, new)
    change = _class_of(hunks, old, new, added, removed, notice)
    lines = [f"headline: [-{old_title or ''}-] {{+{new_title or ''}+}}"] if retitled else []
    return VersionDiff(change, added, removed, notice[0] if notice else None, _cut([*lines, *map(_shown, hunks)]))


def headline_changed(old: str | None, new: str | None) -> bool:
    """Whether two headlines have other words; one that is missing is no change."""
    return bool(old and new) and text_hash(old or "") != text_hash(new or "")


def _class_of(hunks: Sequence[_Hunk], old: str, new: str, added: int, removed: int, notice: tuple[str, bool] | None) -> Change:
    before, now = len(words(old)), len(words(new))
    if _REMOVAL.search(new) and not _REMOVAL.search(old) and now - added < _LEFT_OF_REMOVED * before:
        return Change.REMOVED
    if now == 0 or (now < _EMPTIED and before >= _OF_WORDS):
        return Change.REMOVED
    if notice is not None and notice[1]:
        return Change.CORRECTION
    if not added and not removed:
        return Change.HEADLINE
    if before - removed < _KEPT_OF_REWRITE * before:
        return Change.REWRITE
    if added + removed <= _MOST_TYPO_WORDS and all(_is_typo(hunk) for hunk in hunks):
        return Change.TYPO
    return Change.UPDATE


def _is_typo(hunk: _Hunk) -> bool:
    """Whether a place was only spelt anew: the same letters but for a few, no other figure; or a word said twice."""
    old, new = "".join(_keys(hunk.old)), "".join(_keys(hunk.new))
    if re.findall(r"\d+", old) != re.findall(r"\d+", new):
        return False
    if max(len(old), len(new)) > _MOST_TYPO_LETTERS:
        return False
    if not old or not new:
        gone, around = _keys(hunk.old or hunk.new), _keys((*hunk.before[-2:], *hunk.after[:2]))
        return all(word in around for word in gone)
    names = all(token[:1].isupper() for token in (*hunk.old, *hunk.new))
    return SequenceMatcher(None, old, new, autojunk=False).ratio() >= (_NAME_LIKENESS if names else _TYPO_LIKENESS)


def _notice_in(old: str, new: str) -> tuple[str, bool] | None:
    """(a notice that the new text has and the old one lacks, whether it is a correction); corrections go first."""
    known = set(old.split("\n"))
    fresh = [line for line in new.split("\n") if line and line not in known]
    for pattern, corrects in ((_NOTICE, True), (_UPDATE_NOTE, False)):
        for place, line in enumerate(fresh):
            if match := pattern.match(line):
                alone = not line[match.end() :].strip()  # a heading: the notice itself is the next paragraph
                return " ".join(fresh[place : place + 2] if alone else [line])[:_MOST_NOTICE], corrects
    return None


def _hunks(old: str, new: str) -> Iterator[_Hunk]:
    """The changed places: paragraphs are matched first, then the words of those that differ."""
    old_lines, new_lines = ([_TOKEN.findall(line) for line in text.split("\n") if line.strip()] for text in (old, new))
    keyed = [[" ".join(_keys(line)) for line in lines] for lines in (old_lines, new_lines)]
    left = _MOST_STEPS
    for a, b, c, d in _changed_lines(keyed[0], keyed[1]):
        before, now = _flat(old_lines[a:b]), _flat(new_lines[c:d])
        steps = _steps(_keys(before), _keys(now))
        if len(before) * len(now) > _MOST_PAIRS or steps > left:
            yield _Hunk((), tuple(before), tuple(now), ())
        else:
            left -= steps
            yield from _word_hunks(before, now)


def _steps(old: Sequence[str], new: Sequence[str]) -> int:
    """What `SequenceMatcher` takes at worst: a look at each item and at all pairs of like ones, for each match."""
    counts = Counter(new)
    alike = sum(counts[item] for item in old)
    return (len(old) + alike) * min(len(old), len(new), alike)


def _changed_lines(old: list[str], new: list[str]) -> Iterator[tuple[int, int, int, int]]:
    """(from, to) in the old and in the new lines of each changed place; one place where comparing would take too long."""
    first = next((at for at, (x, y) in enumerate(zip(old, new, strict=False)) if x != y), min(len(old), len(new)))
    rest = min(len(old), len(new)) - first
    last = next((at for at in range(rest) if old[-1 - at] != new[-1 - at]), rest)
    old_part, new_part = old[first : len(old) - last], new[first : len(new) - last]
    if _steps(old_part, new_part) > _MOST_STEPS:
        yield first, len(old) - last, first, len(new) - last
        return
    for tag, a, b, c, d in SequenceMatcher(None, old_part, new_part, autojunk=False).get_opcodes():
        if tag != "equal":
            yield first + a, first + b, first + c, first + d


def _word_hunks(old: list[str], new: list[str]) -> Iterator[_Hunk]:
    matcher = SequenceMatcher(None, _keys(old), _keys(new), autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag != "equal" and (_count(old[a:b]) or _count(new[c:d])):
            yield _Hunk(tuple(old[max(0, a - _CONTEXT) : a]), tuple(old[a:b]), tuple(new[c:d]), tuple(old[b : b + _CONTEXT]))


def _keys(tokens: Sequence[str]) -> list[str]:
    return [" ".join(WORD.findall(token)).casefold() for token in tokens]


def _count(tokens: Sequence[str]) -> int:
    return sum(1 for key in _keys(tokens) if key)


def _flat(lines: Sequence[Sequence[str]]) -> list[str]:
    return [token for line in lines for token in line]


def _shown(hunk: _Hunk) -> str:
    parts = [
        " ".join(hunk.before),
        f"[-{' '.join(hunk.old)}-]" if hunk.old else "",
        f"{{+{' '.join(hunk.new)}+}}" if hunk.new else "",
    ]
    return " ".join(part for part in (*parts, " ".join(hunk.after)) if part)


def _cut(lines: Sequence[str]) -> str:
    text = "\n".join(lines)
    return text if len(text) <= _MOST_DIFF else text[: _MOST_DIFF - 1] + "…"
