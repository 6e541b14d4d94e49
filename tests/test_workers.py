"""The process pool: order kept, an item that hangs or kills its process fails alone, workers end with their parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from tasks.workers import Workers, workers

ROOT = Path(__file__).parents[1]


def double(item: int) -> int:
    """Twice the item; 13 hangs, 17 kills its process, 19 runs out of memory."""
    if item == 13:
        time.sleep(60)
    if item == 17:
        os._exit(9)
    if item == 19:
        raise MemoryError
    return 2 * item


def failed(item: int, detail: str) -> int:
    """What stands for an item that failed."""
    assert detail
    return -item


def test_results_keep_the_order_of_the_items() -> None:
    with workers(2) as pool:
        assert pool.run(double, list(range(10)), failed, 10) == [2 * item for item in range(10)]


def test_an_item_that_hangs_or_dies_fails_alone() -> None:
    with workers(2) as pool:
        assert pool.run(double, [1, 13, 2, 19, 3], failed, 0.5) == [2, -13, 4, -19, 6]
        assert pool.run(double, [1, 17, 2], failed, 5) == [2, -17, 4]
        assert pool.run(double, [4], failed, 5) == [8]


def test_no_items_start_no_process() -> None:
    pool = Workers(2)
    assert pool.run(double, [], failed, 1) == []
    pool.close()


def test_workers_end_when_their_parent_is_killed() -> None:
    code = (
        "import os, time\nfrom tasks.workers import Workers\n"
        "if __name__ == '__main__':\n    pool = Workers(1)\n"
        "    print(pool._started().submit(os.getpid).result(), flush=True)\n    time.sleep(60)\n"
    )
    script = ROOT / ".pytest_cache" / f"parent-{os.getpid()}.py"
    script.parent.mkdir(exist_ok=True)
    script.write_text(code)
    try:
        with subprocess.Popen(
            [sys.executable, str(script)], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(ROOT)}
        ) as parent:
            assert parent.stdout is not None
            child = int(parent.stdout.readline())
            parent.send_signal(signal.SIGKILL)
            parent.wait()
            deadline = time.monotonic() + 10
            while time.monotonic() < deadline and _alive(child):
                time.sleep(0.1)
            assert not _alive(child)
    finally:
        script.unlink()


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
