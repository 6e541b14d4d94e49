"""`newsfold config`: sources, masks, and a `.env.example` that is fresh."""

import json
from pathlib import Path

import pytest

from flows.cli.main import main
from schemas.settings import Settings
from tasks import config

ROOT = Path(__file__).parents[1]


def test_the_committed_example_is_fresh() -> None:
    assert (ROOT / ".env.example").read_text(encoding="utf-8") == config.example()


def test_every_setting_has_a_description() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_the_example_gives_the_limits() -> None:
    assert "# (in seconds, at least 0, at most 3600)\n#NEWSFOLD_GAP_SECONDS=1.0\n" in config.example()


def test_sources_and_masks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    Path(".env").write_text("NEWSFOLD_BATCH_SIZE=7\nNEWSFOLD_WORKERS=3\nNEWSFOLD_PROXY=http://me:hush@proxy.example:8080\n")
    monkeypatch.setenv("NEWSFOLD_BATCH_SIZE", "9")
    assert main(["config", "show", "--json"]) == 0
    shown = capsys.readouterr().out
    rows = {row["name"]: (row["value"], row["source"]) for row in json.loads(shown)}
    assert rows["NEWSFOLD_BATCH_SIZE"] == ("9", "environment")
    assert rows["NEWSFOLD_WORKERS"] == ("3", ".env")
    assert rows["NEWSFOLD_ATTEMPTS"] == ("4", "default")
    assert rows["NEWSFOLD_PROXY"] == ("********", ".env")
    assert rows["NEWSFOLD_FEED_HEADERS"] == ("", "default")
    assert "hush" not in shown
    assert len(rows) == len(Settings.model_fields)
    assert main(["config", "show"]) == 0
    lines = capsys.readouterr().out
    assert "NEWSFOLD_WORKERS=3  (.env)" in lines
    assert "hush" not in lines


def test_an_unknown_key_ends_with_2(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEWSFOLD_WORKRS", "3")
    assert main(["config", "show"]) == 2
