"""kill -9 while stored articles are read again, then the same command: the same tables as without a kill."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from demo.server import SampleWeb
from demo.web import FEEDS
from schemas.settings import Settings
from tasks.store.master import master_path, open_master
from tests import pipeline
from tests.tables import differences
from tests.test_kill import ROOT, _environment, _kill

SEED = 20261125


@pytest.mark.timeout(900)
def test_kills_of_a_reprocessing_leave_the_same_tables(tmp_path: Path) -> None:
    rng = random.Random(SEED)
    homes = {name: tmp_path / name for name in ("calm", "killed")}
    calm = Settings(home=homes["calm"], gap_seconds=0)
    with SampleWeb(1) as web:
        calm = calm.model_copy(update={"host_map": web.host_map})
        pipeline.add_feeds(calm, FEEDS[:3])  # enough for a handful of batches
        pipeline.poll_all(calm)
        pipeline.ingest_all(calm)
    for path in (master_path(calm), *calm.archive_folder.iterdir()):
        target = homes["killed"] / path.relative_to(calm.home)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    command = [sys.executable, "-m", "tests.reprocess_target"]
    settings = {"NEWSFOLD_BATCH_SIZE": "4"}
    undisturbed = subprocess.run(
        command, env=_environment(homes["calm"], **settings), cwd=ROOT, check=True, capture_output=True, text=True
    )
    lines = len(undisturbed.stdout.splitlines())
    for _ in range(3):
        with subprocess.Popen(
            command, env=_environment(homes["killed"], **settings), cwd=ROOT, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            for _ in range(rng.randint(1, max(1, lines // 3))):
                process.stdout.readline()
            time.sleep(rng.uniform(0, 0.3))
            _kill(process)
    subprocess.run(command, env=_environment(homes["killed"], **settings), cwd=ROOT, check=True, capture_output=True)
    assert differences(master_path(calm), master_path(Settings(home=homes["killed"]))) == []
    with open_master(calm) as connection:
        versions = connection.execute("SELECT max(version), count(*) FROM article_versions WHERE cause = 'extractor'").fetchall()
        assert versions[0][0] == 2 and versions[0][1] > 10
        assert connection.execute("SELECT (SELECT count(*) FROM refolds), (SELECT count(*) FROM reprocessing)").fetchall() == [
            (0, 0)
        ]
