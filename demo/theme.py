"""Themes: the named HTML fragments that an outlet's pages are put together from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from string import Template

_FRAGMENT = re.compile(r"<!--# (\w+) -->\n")


class Theme:
    """The fragments of one file in `templates/`; what it lacks comes from `common.html`."""

    def __init__(self, fragments: Mapping[str, Template]) -> None:
        self._fragments = fragments

    def fill(self, name: str, values: Mapping[str, str]) -> str:
        """A fragment with values, which are HTML already; a missing value is an error."""
        return self._fragments[name].substitute(values)

    def names(self, name: str) -> frozenset[str]:
        """The placeholders of a fragment."""
        return frozenset(self._fragments[name].get_identifiers())


def _read(name: str) -> dict[str, Template]:
    text = files("demo").joinpath("templates", f"{name}.html").read_text(encoding="utf-8")
    parts = _FRAGMENT.split(text)[1:]
    return {key: Template(value.removesuffix("\n")) for key, value in zip(parts[::2], parts[1::2], strict=True)}


@cache
def theme(name: str) -> Theme:
    """The theme of that name."""
    return Theme(_read("common") | _read(name))
