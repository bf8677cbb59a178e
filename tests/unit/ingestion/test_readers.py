import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion import readers
from ingestion.manifest import ManifestFile
from ingestion.readers import read_chunks
from warehouse.errors import LandingError


def entry(file: str, **others: object) -> ManifestFile:
    kind = "parquet" if file.endswith("parquet") else "csv.gz" if file.endswith("gz") else "csv"
    stated = {"feed": "f", "file": file, "format": kind, "rows": 1, "sha256": "0" * 64}
    return ManifestFile.model_validate(stated | others)


def read(path: Path, **others: object):
    chunks = list(read_chunks(path, entry(path.name, **others), ("a", "b")))
    rows = [row for chunk in chunks for row in chunk.rows.to_pylist()]
    numbers = [int(number) for chunk in chunks for number in chunk.row_numbers]
    lines = [line for chunk in chunks for line in chunk.malformed]
    return rows, numbers, lines


def test_fields_stay_bytes_and_null_differs_from_the_empty_text(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b'\xef\xbb\xbfb,extra,a\n2,z,1\n"",z,\n')
    rows, numbers, _ = read(path)
    assert rows == [{"a": b"1", "b": b"2"}, {"a": None, "b": b""}]
    assert numbers == [1, 2]


@pytest.mark.parametrize("encoding", ["UTF-8", "GB18030"])
@pytest.mark.parametrize("block", [60, 8 * 2**20])
def test_malformed_lines_are_kept_and_rows_keep_their_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, block: int
) -> None:
    monkeypatch.setattr(readers, "BLOCK_BYTES", block)
    lines = [f"{number},户{number}".encode(encoding) for number in range(1, 31)]
    lines[4] += b",too many"
    lines[9] = b"\x81\x81 too few"
    lines[29] = b"cut off"
    path = tmp_path / "x.csv"
    path.write_bytes(b"a,b\n" + b"\n".join(lines))
    rows, numbers, malformed = read(path, encoding=encoding)
    expected = [number for number in range(1, 31) if number not in (5, 10, 30)]
    assert numbers == expected
    assert [int(row["a"]) for row in rows] == expected
    assert [(line.row, line.text) for line in malformed] == [
        (5, lines[4]),
        (10, lines[9]),
        (30, lines[29]),
    ]


def test_only_malformed_lines(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"a,b\n1\n2\n")
    rows, _, malformed = read(path)
    assert rows == []
    assert [line.row for line in malformed] == [1, 2]


def test_compressed_text_and_another_delimiter(tmp_path: Path) -> None:
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress(b"a;b\n1;2\n", mtime=0))
    assert read(path, delimiter=";")[0] == [{"a": b"1", "b": b"2"}]


def test_parquet_in_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readers, "BATCH_ROWS", 7)
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"c": range(20), "b": range(20), "a": range(20)}), path)
    rows, numbers, _ = read(path)
    assert rows[19] == {"a": 19, "b": 19}
    assert numbers == list(range(1, 21))


def test_an_empty_file_has_no_rows(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"")
    assert read(path, rows=0) == ([], [], [])
    path.write_bytes(b"a,b\n")
    assert read(path, rows=0) == ([], [], [])


@pytest.mark.parametrize(
    ("file", "content", "found"),
    [
        ("x.csv", b"a,c\n1,2\n", "no column b"),
        ("x.csv", b"a,b,a\n1,2,3\n", "twice a"),
        ("x.csv", b"", "no column a, b"),
        ("x.csv.gz", b"a,b\n1,2\n", "unreadable"),
        ("x.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n" * 9999, mtime=0)[:-20], "unreadable"),
        ("x.parquet", b"PAR1 not really PAR1", "unreadable"),
    ],
)
def test_a_file_that_cannot_be_read_stops_the_night(
    tmp_path: Path, file: str, content: bytes, found: str
) -> None:
    path = tmp_path / file
    path.write_bytes(content)
    with pytest.raises(LandingError) as refusal:
        read(path)
    assert found in refusal.value.found
    assert refusal.value.where == f"f: {file}"
    assert refusal.value.__cause__ is None
