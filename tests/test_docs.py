"""docs/fetching.md names every setting that concerns fetching, with its true default."""

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from schemas.settings import PREFIX, Settings

DOC = (Path(__file__).parents[1] / "docs" / "fetching.md").read_text(encoding="utf-8")
# Whoever adds a setting says here or in the document where it belongs.
NOT_FETCHING = {"home", "timezone", "workers", "fold_window_days", "memory_limit", "lock_seconds"}


def _shown(value: object) -> str:
    text = value.get_secret_value() if isinstance(value, SecretStr) else "" if value is None else str(value)
    return f"`{text.lower() if isinstance(value, bool) else text}`" if text else "(empty)"


@pytest.mark.parametrize("name", sorted(set(Settings.model_fields) - NOT_FETCHING))
def test_each_setting_has_its_row_with_its_default(name: str) -> None:
    rows = re.findall(rf"^\| `{PREFIX}{name.upper()}` \| (.+?) \| .+ \| .+ \|$", DOC, re.MULTILINE)
    assert rows == [_shown(Settings.model_fields[name].default)]


def test_no_setting_is_named_that_is_not_there() -> None:
    named = set(re.findall(rf"{PREFIX}[A-Z_]+", DOC))
    assert named <= {PREFIX + name.upper() for name in Settings.model_fields}
