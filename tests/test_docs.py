"""docs/fetching.md, docs/running.md and docs/folding.md name every setting that concerns them, with its true default."""

import re
from dataclasses import fields
from pathlib import Path

import pytest
from pydantic import SecretStr

from schemas.settings import PREFIX, Settings
from tasks.dedupe import CopySettings
from tasks.story_settings import StorySettings

DOCS = Path(__file__).parents[1] / "docs"
DOC = (DOCS / "fetching.md").read_text(encoding="utf-8")
DOC_OF_RUNNING = (DOCS / "running.md").read_text(encoding="utf-8")
DOC_OF_FOLDING = (DOCS / "folding.md").read_text(encoding="utf-8")
# Whoever adds a setting says here or in the document where it belongs.
NOT_FETCHING = {"home", "timezone", "workers", "memory_limit", "lock_seconds"}
# These have their rows in docs/running.md.
RUNNING = {
    "archive_days", "archive_gb", "article_days", "log_days", "prefect_days", "snapshots", "log_format", "metrics_file",
    "watch_hosts", "publish_seconds", "publish_gap_seconds",
}  # fmt: skip


FOLDING = {"fold_window_days"}


def _shown(value: object) -> str:
    text = value.get_secret_value() if isinstance(value, SecretStr) else "" if value is None else str(value)
    return f"`{text.lower() if isinstance(value, bool) else text}`" if text else "(empty)"


@pytest.mark.parametrize("name", sorted(set(Settings.model_fields) - NOT_FETCHING))
def test_each_setting_has_its_row_with_its_default(name: str) -> None:
    text = DOC_OF_RUNNING if name in RUNNING else DOC_OF_FOLDING if name in FOLDING else DOC
    rows = re.findall(rf"^\| `{PREFIX}{name.upper()}` \| (.+?) \| .+ \| .+ \|$", text, re.MULTILINE)
    assert rows == [_shown(Settings.model_fields[name].default)]


def test_no_setting_is_named_that_is_not_there() -> None:
    named = set(re.findall(rf"{PREFIX}[A-Z_]+", DOC + DOC_OF_RUNNING + DOC_OF_FOLDING))
    assert named <= {PREFIX + name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize(("kind", "fixed"), [("copies", CopySettings()), ("stories", StorySettings())])
def test_what_is_fixed_of_folding_has_its_row_with_its_value_and_unit(kind: str, fixed: CopySettings | StorySettings) -> None:
    table = DOC_OF_FOLDING.split(f"| of {kind} | default | unit | effect |\n|---|---|---|---|\n")[1].split("\n\n")[0]
    rows = re.findall(r"^\| `(\w+)` \| `([\d.]+)` \| .+ \| .+ \|$", table, re.MULTILINE)
    assert rows == [(field.name, str(getattr(fixed, field.name))) for field in fields(fixed)]
