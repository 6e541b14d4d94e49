"""Where a Parquet export goes: a folder, or a bucket of an object store. Both put a whole file in place at once."""

import os
import re
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import pyarrow.fs as pafs

from schemas.errors import BadInput, StoreUnwritable

_SECRETS = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ACCESS_KEY_ID")
_BUCKET = re.compile(r"^[a-z0-9][a-z0-9.\-]{1,61}[a-z0-9]$")


class Place(Protocol):
    """Files by name, such as `articles/day=2026-11-20/data.parquet`."""

    @property
    def shown(self) -> str:
        """Its address as people may see it; names are joined to it with nothing between."""

    def read(self, name: str) -> bytes | None:
        """A file's bytes; None when there is none."""

    def put(self, source: Path, name: str) -> None:
        """Puts a local file there, whole or not at all."""

    def sizes(self) -> dict[str, int]:
        """All files with their sizes in bytes."""

    def remove(self, name: str) -> None:
        """Removes a file, if it is there."""

    def scratch(self) -> Path | None:
        """A local folder from which `put` costs nothing; None when any will do."""


def place(target: str) -> Place:
    """The place that an address or a path names.

    Raises:
        BadInput: it names none.
        StoreUnwritable: the folder can't be made.
    """
    if "://" not in target:
        return Folder(Path(target).expanduser().absolute())
    parts = urllib.parse.urlsplit(target)
    if parts.scheme != "s3":
        raise BadInput(f"newsfold publishes to a folder or to s3://bucket/path, not to {parts.scheme}://")
    # What stands before an @ may be a password: it is not shown.
    if "@" in parts.netloc or parts.query or parts.fragment or not _BUCKET.match(parts.netloc):
        raise BadInput("give s3://bucket/path and nothing else; keys come from the environment or ~/.aws (docs/publishing.md)")
    return Bucket(parts.netloc, parts.path.strip("/"))


class Folder:
    """A folder on this machine."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._told():
            path.mkdir(parents=True, exist_ok=True)

    @property
    def shown(self) -> str:
        """See `Place`."""
        return f"{self.path}/"

    def read(self, name: str) -> bytes | None:
        """See `Place`."""
        with self._told():
            try:
                return (self.path / name).read_bytes()
            except FileNotFoundError:
                return None

    def put(self, source: Path, name: str) -> None:
        """See `Place`."""
        with self._told():
            target = self.path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with source.open("rb+") as handle:
                os.fsync(handle.fileno())
            source.chmod(0o644)
            source.replace(target)

    def sizes(self) -> dict[str, int]:
        """See `Place`."""
        with self._told():
            files = [file for file in self.path.rglob("*") if file.is_file()]
            return {file.relative_to(self.path).as_posix(): file.stat().st_size for file in files}

    def remove(self, name: str) -> None:
        """See `Place`."""
        with self._told():
            (self.path / name).unlink(missing_ok=True)
            folder = (self.path / name).parent
            if folder != self.path and not any(folder.iterdir()):
                folder.rmdir()

    def scratch(self) -> Path | None:
        """See `Place`."""
        return self.path

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreUnwritable(f"newsfold can't write in {self.path}: {error.strerror or error}") from None


class Bucket:
    """A path in a bucket of S3, or of a store that speaks the same (AWS_ENDPOINT_URL). An object appears when it is whole."""

    def __init__(self, bucket: str, prefix: str) -> None:
        self.root = f"{bucket}/{prefix}".rstrip("/")
        endpoint = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        options: dict[str, Any] = {"region": os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")}
        if endpoint:
            parts = urllib.parse.urlsplit(endpoint)
            options |= {"endpoint_override": parts.netloc, "scheme": parts.scheme}
        with self._told():
            self.files = pafs.S3FileSystem(connect_timeout=10, request_timeout=120, **options)

    @property
    def shown(self) -> str:
        """See `Place`."""
        return f"s3://{self.root}/"

    def read(self, name: str) -> bytes | None:
        """See `Place`."""
        with self._told():
            if self.files.get_file_info(f"{self.root}/{name}").type is not pafs.FileType.File:
                return None
            with self.files.open_input_stream(f"{self.root}/{name}") as stream:
                content: bytes = stream.read()
                return content

    def put(self, source: Path, name: str) -> None:
        """See `Place`."""
        with self._told():
            pafs.copy_files(str(source), f"{self.root}/{name}", pafs.LocalFileSystem(), self.files)
        source.unlink()

    def sizes(self) -> dict[str, int]:
        """See `Place`."""
        with self._told():
            found = self.files.get_file_info(pafs.FileSelector(self.root, recursive=True, allow_not_found=True))
        return {item.path[len(self.root) + 1 :]: item.size for item in found if item.type is pafs.FileType.File}

    def remove(self, name: str) -> None:
        """See `Place`."""
        with self._told():
            self.files.delete_file(f"{self.root}/{name}")

    def scratch(self) -> Path | None:
        """See `Place`."""
        return None

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreUnwritable(f"newsfold can't write to {self.shown}: {without_secrets(str(error))}") from None


def without_secrets(text: str) -> str:
    """The first line of a message, without the keys of the environment, should a store have sent them back."""
    line = text.splitlines()[0] if text else ""
    for name in _SECRETS:
        if value := os.environ.get(name):
            line = line.replace(value, "***")
    return line
