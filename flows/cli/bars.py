"""A progress bar on stderr while a foreground run works; silent when stderr is no terminal."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from flows import progress


@contextmanager
def bars(first: str = "starting Prefect") -> Iterator[Progress]:
    """Shows the progress of every flow that runs inside."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        known: dict[str, TaskID] = {}
        waiting = shown.add_task(first, total=None)

        def listen(stage: str, done: int, total: int) -> None:
            shown.update(waiting, visible=False)
            if stage not in known:
                known[stage] = shown.add_task(stage, total=total)
            shown.update(known[stage], completed=done, total=total)

        with progress.listening(listen):
            yield shown
