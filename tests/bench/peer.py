"""The peer `reader` polling unchanged feeds: run by the Python of `.venv-peers` (`make peers`), which has nothing of ours.

`python tests/bench/peer.py FOLDER PORT COUNT` polls once for each line on its stdin, with a host a feed, as ours are asked, or
with all feeds on one host, whose connection it can use again; it answers with the seconds of both clocks as JSON.
"""

import json
import socket
import sys
import time
from pathlib import Path
from typing import Any

from reader import make_reader  # type: ignore[import-not-found, unused-ignore]

_look_up = socket.getaddrinfo


def _loopback(host: Any, *args: Any, **kwargs: Any) -> Any:
    """The invented names lead to the bench's server; what `NEWSFOLD_HOST_MAP` does for ours."""
    return _look_up("127.0.0.1" if str(host).endswith(".example") else host, *args, **kwargs)


def main(folder: Path, port: int, count: int) -> None:
    """Two files, filled once; then a round for each line of stdin, `many 10`: the hosts and the workers."""
    socket.getaddrinfo = _loopback
    feeds = {
        "many": [f"http://feed{number}.example:{port}/feed" for number in range(count)],
        "one": [f"http://127.0.0.1:{port}/feed{number}" for number in range(count)],
    }
    with make_reader(str(folder / "many.sqlite")) as many, make_reader(str(folder / "one.sqlite")) as one:
        made = {"many": many, "one": one}
        for name, addresses in feeds.items():
            for feed in addresses:
                made[name].add_feed(feed)
            made[name].update_feeds(workers=10, scheduled=False)
        print("ready", flush=True)
        for line in sys.stdin:
            name, workers = line.split()
            begin, begin_cpu = time.perf_counter(), time.process_time()
            made[name].update_feeds(workers=int(workers), scheduled=False)
            seconds, cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
            assert made[name].get_feed_counts(broken=True).total == 0
            print(json.dumps({"seconds": seconds, "CPU seconds": cpu}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
