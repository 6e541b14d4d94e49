"""Settings: defaults, the environment before `.env`, unknown keys refused with the nearest name."""

from pathlib import Path

import pytest

from schemas.errors import BadSetting
from schemas.settings import Settings, load_settings


def test_defaults_share_the_current_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings()
    assert settings.published == tmp_path / "newsfold.duckdb"
    assert settings.archive_folder == tmp_path / "archive"
    assert settings.timezone == "UTC"


def test_the_environment_goes_before_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("NEWSFOLD_BATCH_SIZE=7\nNEWSFOLD_WORKERS=3\n")
    monkeypatch.setenv("NEWSFOLD_BATCH_SIZE", "9")
    settings = load_settings(tmp_path / ".env")
    assert (settings.batch_size, settings.workers) == (9, 3)


@pytest.mark.parametrize("where", ["environment", "file"])
def test_an_unknown_key_is_refused_with_the_nearest_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, where: str) -> None:
    if where == "environment":
        monkeypatch.setenv("NEWSFOLD_TIMEZNE", "UTC")
    else:
        (tmp_path / ".env").write_text("NEWSFOLD_TIMEZNE=UTC\n")
    with pytest.raises(BadSetting, match=r"NEWSFOLD_TIMEZNE is not a setting .* NEWSFOLD_TIMEZONE"):
        load_settings(tmp_path / ".env")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("NEWSFOLD_TIMEZONE", "Mars/Olympus", "IANA"),
        ("NEWSFOLD_BATCH_SIZE", "0", "greater than or equal to 1"),
        ("NEWSFOLD_ARCHIVE", "some", "'off', 'pages' or 'all'"),
        ("NEWSFOLD_MEMORY_LIMIT", "lots", "pattern"),
    ],
)
def test_a_wrong_value_names_its_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, value: str, says: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSetting) as caught:
        load_settings(tmp_path / ".env")
    assert str(caught.value).startswith(name)
    assert says in str(caught.value)


def test_the_example_names_every_setting() -> None:
    example = (Path(__file__).parents[1] / ".env.example").read_text()
    for name, field in Settings.model_fields.items():
        assert f"NEWSFOLD_{name.upper()}=" in example
        assert (field.description or "") in example
