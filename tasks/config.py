"""The settings laid open: each one's value and where it came from, and the text of `.env.example`. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from schemas.settings import PREFIX, Settings

_MASK = "********"
_UNITS = ("seconds", "hours", "days")
_BOUNDS = {"ge": "at least", "gt": "more than", "le": "at most"}


@dataclass(frozen=True, slots=True)
class Shown:
    """One setting as a person may see it: secrets are masked."""

    name: str
    value: str
    source: str
    description: str


def shown(settings: Settings, environment: Mapping[str, str], file: Mapping[str, str | None]) -> tuple[Shown, ...]:
    """Every setting with its value and its source: `environment`, `.env` or `default`, in that order of rank."""
    in_environment = {name.upper() for name in environment}
    in_file = {name.upper() for name in file}
    rows = []
    for field, info in Settings.model_fields.items():
        name = PREFIX + field.upper()
        source = "environment" if name in in_environment else ".env" if name in in_file else "default"
        rows.append(Shown(name, _text(getattr(settings, field)), source, info.description or ""))
    return tuple(rows)


def example() -> str:
    """The text of `.env.example`: every setting with its description, unit, limits and default."""
    lines = [
        "# Every setting of newsfold with its default. Copy to .env and change what you need; the environment goes before it.",
        "# Made by `newsfold config example`: do not edit by hand.",
    ]
    for field, info in Settings.model_fields.items():
        lines += ["", f"# {info.description}"]
        limits = ", ".join(_limits(field, info.metadata))
        if limits:
            lines.append(f"# ({limits})")
        lines.append(f"#{PREFIX}{field.upper()}={_default(info.default)}")
    return "\n".join(lines) + "\n"


def _limits(field: str, metadata: list[Any]) -> Iterator[str]:
    yield from (f"in {unit}" for unit in _UNITS if unit in field.split("_"))
    for limit in metadata:
        yield from (f"{words} {getattr(limit, sign)}" for sign, words in _BOUNDS.items() if hasattr(limit, sign))


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return _MASK if value.get_secret_value() else ""
    return _default(value)


def _default(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case SecretStr():
            return value.get_secret_value()
        case Path():
            return str(value)
        case _:
            return str(value)
