"""The files in deploy/ can be read, run as nobody special, and have health checks."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"


class Doubled(dict[str, Any]):
    """Keeps all values of a key that comes more than once, as systemd does."""

    def __setitem__(self, key: str, value: Any) -> None:
        if isinstance(value, list) and key in self:
            self[key].extend(value)
        else:
            super().__setitem__(key, value)


def unit() -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(dict_type=Doubled, strict=False, delimiters=("=",))
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(DEPLOY / "newsfold.service", encoding="utf-8")
    return parser


def test_the_unit_is_hardened_and_not_root() -> None:
    service = unit()["Service"]
    assert service["User"] not in ("", "root", "0")
    assert service["NoNewPrivileges"] == "true"
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""
    assert service["ExecStart"] == "/opt/newsfold/.venv/bin/newsfold up"
    assert service["KillMode"] == "mixed"  # `up` alone gets the signal, and stops everything in order


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_reads_the_unit(tmp_path: Path) -> None:
    # the program is not installed where the test runs: one that is stands for it
    text = re.sub(
        r"/opt/newsfold/\.venv/bin/newsfold", shutil.which("true") or "/bin/true", (DEPLOY / "newsfold.service").read_text()
    )
    (tmp_path / "newsfold.service").write_text(text)
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / "newsfold.service")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert [line for line in done.stderr.splitlines() if "newsfold.service" in line] == []


def test_the_image_is_not_root_and_says_how_it_does() -> None:
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    stages = [line for line in lines if line.startswith("FROM ")]
    assert len(stages) == 2 and all("python:3.11-slim" in stage for stage in stages)
    users = [line.split()[1] for line in lines if line.startswith("USER ")]
    assert users and users[-1] not in ("root", "0")
    assert any("--require-hashes --no-deps -r requirements.lock" in line for line in lines)
    assert lines[-1] == 'CMD ["newsfold", "up"]'
    assert any(line.startswith("HEALTHCHECK ") and "newsfold status" in line for line in lines)
    for line in lines:
        if line.startswith("COPY ") and "--from" not in line:
            assert all((ROOT / name).exists() for name in line.split()[1:-1]), line


def test_the_services_are_not_root_and_wait_for_each_other() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    assert set(services) == {"database", "server", "worker"}
    for name, service in services.items():
        assert service["user"] not in ("root", "0"), name
        assert service["healthcheck"]["test"], name
    assert services["worker"]["command"] == ["newsfold", "up"]
    assert services["worker"]["init"] is True  # runs of a killed worker are somebody's children, too
    assert services["worker"]["environment"]["PREFECT_API_URL"].startswith("http://server:")
    assert services["server"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert services["worker"]["depends_on"] == {"server": {"condition": "service_healthy"}}
    assert all(port.startswith("127.0.0.1:") for port in services["server"]["ports"])


@pytest.mark.parametrize("name", ["newsfold.service", "Dockerfile", "compose.yaml"])
def test_no_host_of_a_registry_is_named(name: str) -> None:
    text = (DEPLOY / name).read_text()
    assert "index-url" not in text
    images = re.findall(r"^(?:FROM|\s+image:) (\S+)", text, re.MULTILINE)
    assert all("." not in image.split("/")[0].split(":")[0] for image in images)
