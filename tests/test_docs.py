"""docs/fetching.md and docs/running.md name every setting that concerns them, with its true default."""

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from schemas.settings import PREFIX, Settings

DOCS = Path(__file__).parents[1] / "docs"
DOC = (DOCS / "fetching.md").read_text(encoding="utf-8")
DOC_OF_RUNNING = (DOCS / "running.md").read_text(encoding="utf-8")
# Whoever adds a setting says here or in the document where it belongs.
NOT_FETCHING = {"home", "timezone", "workers", "fold_window_days", "memory_limit", "lock_seconds"}
# These have their rows in docs/running.md.
RUNNING = {
    "archive_days", "archive_gb", "article_days", "log_days", "prefect_days", "snapshots", "log_format", "metrics_file",
    "watch_hosts", "publish_seconds", "publish_gap_seconds",
}  # fmt: skip


def _shown(value: object) -> str:
    text = value.get_secret_value() if isinstance(value, SecretStr) else "" if value is None else str(value)
    return f"`{text.lower() if isinstance(value, bool) else text}`" if text else "(empty)"


@pytest.mark.parametrize("name", sorted(set(Settings.model_fields) - NOT_FETCHING))
def test_each_setting_has_its_row_with_its_default(name: str) -> None:
    text = DOC_OF_RUNNING if name in RUNNING else DOC
    rows = re.findall(rf"^\| `{PREFIX}{name.upper()}` \| (.+?) \| .+ \| .+ \|$", text, re.MULTILINE)
    assert rows == [_shown(Settings.model_fields[name].default)]


def test_no_setting_is_named_that_is_not_there() -> None:
    named = set(re.findall(rf"{PREFIX}[A-Z_]+", DOC + DOC_OF_RUNNING))
    assert named <= {PREFIX + name.upper() for name in Settings.model_fields}
