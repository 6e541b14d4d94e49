"""A file that a checkpoint cut is whole; one that lost blocks in use is not."""

from pathlib import Path

import duckdb
import pytest

from tasks.store.header import HEADER, lost_its_end


@pytest.fixture(params=[16_384, 262_144])
def cut(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, int]:
    """A database that is shorter than its header says, and its block size: its last blocks are free."""
    path, size = tmp_path / "some.duckdb", int(request.param)
    for number in range(12):
        with duckdb.connect() as connection:
            connection.execute(f"ATTACH '{path}' AS made (BLOCK_SIZE {size}, STORAGE_VERSION 'v1.5.0')")
            connection.execute("CREATE TABLE IF NOT EXISTS made.t (id BIGINT, words VARCHAR)")
            connection.execute(
                f"INSERT INTO made.t SELECT i, md5(CAST(i AS VARCHAR)) FROM range({number} * 30000, {number + 1} * 30000) r(i)"
            )
            if number % 3 == 2:
                connection.execute(f"DELETE FROM made.t WHERE id < {number} * 25000")
        if path.stat().st_size < 3 * HEADER + _blocks(path) * size:
            return path, size
    raise AssertionError("no checkpoint has cut the file")


def _blocks(path: Path) -> int:
    head = path.read_bytes()[: 3 * HEADER]
    return max(
        (int.from_bytes(head[at + 8 : at + 16], "little"), int.from_bytes(head[at + 32 : at + 40], "little"))
        for at in (HEADER, 2 * HEADER)
    )[1]


def test_free_blocks_that_were_cut_off_are_not_missed(cut: tuple[Path, int]) -> None:
    assert not lost_its_end(cut[0])


def test_a_block_in_use_that_is_gone_is_missed(cut: tuple[Path, int]) -> None:
    path, size = cut
    whole = path.read_bytes()
    path.write_bytes(whole[:-size])
    assert lost_its_end(path)
    path.write_bytes(whole[: len(whole) // 2])
    assert lost_its_end(path)
    path.write_bytes(whole[:HEADER])
    assert lost_its_end(path)


def test_a_list_that_can_not_be_read_counts_as_a_loss(cut: tuple[Path, int]) -> None:
    path, _ = cut
    whole = bytearray(path.read_bytes())
    for at in (HEADER, 2 * HEADER):
        whole[at + 24 : at + 32] = (2**40).to_bytes(8, "little")  # the list lies nowhere
    path.write_bytes(bytes(whole))
    assert lost_its_end(path)
