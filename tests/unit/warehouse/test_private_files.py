import stat
import threading
from pathlib import Path

import pytest

from warehouse.private_files import (
    make_private_dir,
    read_or_create,
    replace_private,
    write_private,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_files_and_folders_are_for_their_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "key"
    write_private(path, "one")
    write_private(path, "two")
    assert path.read_text() == "two"
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert list(path.parent.iterdir()) == [path]


def test_a_writer_that_fails_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "report"
    write_private(path, "old")

    def half(beside: Path) -> None:
        assert mode(beside) == 0o600
        beside.write_text("ne")
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        replace_private(path, half)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_second_call_keeps_a_folder_as_it_is(tmp_path: Path) -> None:
    folder = make_private_dir(tmp_path / "a" / "b")
    folder.chmod(0o750)
    assert mode(make_private_dir(folder)) == 0o750


def test_all_who_create_at_once_read_the_same(tmp_path: Path) -> None:
    path = tmp_path / "secrets" / "key"
    found: list[str] = []
    gate = threading.Barrier(8)

    def ask(number: int) -> None:
        gate.wait()
        found.append(read_or_create(path, lambda: f"text {number}"))

    threads = [threading.Thread(target=ask, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert set(found) == {path.read_text()}
    assert list(path.parent.iterdir()) == [path]


def test_what_exists_is_not_made_again(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("old\n")
    assert read_or_create(path, lambda: pytest.fail("made again")) == "old"
