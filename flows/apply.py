"""Applies prefect.yaml to a Prefect server, again and again without harm: `python -m flows.apply FILE`. One process for
the work pool and all deployments, because each start of Prefect's command line costs seconds."""

import os
import runpy
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml

from flows.environment import START_SECONDS
from flows.prefect_api import healthy
from flows.reconcile import POOL
from flows.tied import tie


def definitions() -> Path:
    """prefect.yaml: beside the package in a checkout, in it when installed."""
    here = Path(__file__).parent
    return next(path for path in (here / "prefect.yaml", here.parent / "prefect.yaml") if path.is_file())


def for_demo(read: dict[str, Any]) -> dict[str, Any]:
    """The definitions with what their section `definitions.demo` says instead: deployment -> keys that are replaced. Pure."""
    instead = read["definitions"]["demo"]
    return {**read, "deployments": [{**one, **instead.get(one["name"], {})} for one in read["deployments"]]}


def write_for_demo(target: Path) -> Path:
    """Writes the demo's definitions to `target`."""
    target.write_text(yaml.safe_dump(for_demo(yaml.safe_load(definitions().read_text())), sort_keys=False))
    return target


def main(file: str) -> None:
    """Waits for the server, then makes the work pool and the deployments."""
    import prefect.cli  # noqa: F401  # imported while the server starts
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.workers.process import ProcessWorker

    for one in yaml.safe_load(Path(file).read_text())["deployments"]:
        import_module(one["entrypoint"].rpartition(".")[0])
    tie()
    api = os.environ["PREFECT_API_URL"]
    deadline = time.monotonic() + START_SECONDS
    while not healthy(api) and time.monotonic() < deadline:
        time.sleep(0.1)
    with get_client(sync_client=True) as client:
        template = ProcessWorker.get_default_base_job_template()
        client.create_work_pool(WorkPoolCreate(name=POOL, type="process", base_job_template=template), overwrite=True)
    sys.argv = ["prefect", "--no-prompt", "deploy", "--all", "--prefect-file", file]
    runpy.run_module("prefect", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1])
