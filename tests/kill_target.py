"""What the kill test kills: `python -m tests.kill_target` works the queue off without Prefect, in small batches."""

from schemas.settings import load_settings
from tasks.store.publish import publish
from tests import pipeline


def main() -> None:
    """Polls and ingests, with real worker processes."""
    from datetime import UTC, datetime

    from flows import renewal, steps
    from tasks.workers import workers

    settings = load_settings()
    pipeline.poll_all(settings)
    with workers(settings.workers, steps.WARM_UP) as pool:
        while batch := pipeline.pending(settings, settings.batch_size):
            pipeline.settle_all(settings, pipeline.prepare(settings, batch, pool), settings.batch_size)
            print("settled", flush=True)
    renewal.place_changed(settings)
    publish(settings, datetime.now(UTC))
    print("done", flush=True)


if __name__ == "__main__":
    main()
