"""What the kill test of backfills kills: `python -m tests.backfill_kill_target` runs one without Prefect, in small batches."""

from datetime import UTC, datetime

from flows import backfill
from schemas.settings import Settings, load_settings
from tasks.backfill_request import Asked, read_request
from tests import pipeline


def _work_off(settings: Settings, _key: int) -> None:
    print("read", flush=True)
    while pipeline.settle_all(settings, pipeline.prepare(settings, pipeline.pending(settings, 2, older=True)), 2).entries:
        print("settled", flush=True)


def main() -> None:
    """Reads the archives of all feeds, then works off what they list."""
    settings = load_settings()
    request = read_request(Asked(), backfill._known(settings), settings.home, settings.timezone, datetime.now(UTC))
    backfill.work_off = _work_off
    print(backfill.fetch_older(settings, request).sentence(), flush=True)


if __name__ == "__main__":
    main()
