"""The house's rules that import-linter has no word for."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ROOMS = ("flows", "tasks", "schemas", "demo")
ONLY = {
    "duckdb": "tasks/store/",
    "h11": "tasks/http_client.py",
    "feedparser": "tasks/parse.py",
    "trafilatura": "tasks/extract",
    "spacy": "tasks/entities.py",
    "warcio": "tasks/archive",
    "protego": "tasks/robots.py",
    "prefect": "flows/",
}
# flows/settle.py holds the one transaction of a batch and names the connection's type only
EXCEPT = {("duckdb", "flows/settle.py")}


def _files() -> list[Path]:
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(name.name.split(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("package", sorted(ONLY))
def test_a_library_has_one_importer(package: str) -> None:
    importers = {str(path.relative_to(ROOT)) for path in _files() if package in _imports(path)}
    allowed = {name for name in importers if name.startswith(ONLY[package])} | {
        name for library, name in EXCEPT if library == package
    }
    assert importers <= allowed
    assert importers


def test_files_stay_short() -> None:
    long = {str(path.relative_to(ROOT)): n for path in _files() if (n := len(path.read_text().splitlines())) > 420}
    assert long == {}


def test_nothing_is_swallowed_or_put_off() -> None:
    for path in _files():
        text = path.read_text(encoding="utf-8")
        assert "TODO" not in text and "FIXME" not in text, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ExceptHandler):
                assert [type(line) for line in node.body] != [ast.Pass], f"{path}:{node.lineno}"


def test_the_locks_are_hashed_and_name_no_registry() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert "--hash=sha256:" in text
        assert "index-url" not in text.replace("--no-emit-index-url", "")
        assert "://" not in text
        pins = [line for line in text.splitlines() if "==" in line and not line.startswith((" ", "#"))]
        assert len(pins) > 100
