"""`bankloop allocate`: files in, files out, and every fault named with its place."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import csv
from typer.testing import CliRunner, Result

from bankloop import app
from campaigns.allocation.files import allocate_files, read_table
from warehouse.errors import AllocationError

OPTIONS = """customer_id,option_id,value,phone,manager,arm
anna,call,10,1,M1,listed
anna,mail,9,,,listed
ben,call,8,1,M2,listed
cem,call,7,1,M1,control
dora,visit,5,,M3,listed
dora,loss,-1,,,listed
"""
CAPACITIES = """resource,limit
phone,1
manager=M1,5
manager=M2,5
manager=M3,0
"""


def files(folder: Path, options: str = OPTIONS, capacities: str = CAPACITIES) -> tuple[Path, Path]:
    one, two = folder / "options.csv", folder / "capacities.csv"
    one.write_text(options, encoding="utf-8")
    two.write_text(capacities, encoding="utf-8")
    return one, two


def run(options: Path, capacities: Path, out: Path, *more: str) -> Result:
    paths = ["--options", str(options), "--capacities", str(capacities), "--out", str(out)]
    return CliRunner().invoke(app, ["allocate", *paths, *more])


def test_picks_reasons_and_report_are_written(tmp_path: Path) -> None:
    result = run(*files(tmp_path), tmp_path / "out")
    assert result.exit_code == 0, result.output
    chosen = csv.read_csv(tmp_path / "out" / "chosen.csv").to_pylist()
    assert {(row["customer_id"], row["option_id"]) for row in chosen} == {
        ("anna", "mail"),
        ("ben", "call"),
        ("cem", "call"),
    }
    lost = csv.read_csv(tmp_path / "out" / "not_chosen.csv").to_pylist()
    assert {(row["customer_id"], row["option_id"]): row["reason"] for row in lost} == {
        ("anna", "call"): "lost_to(mail)",
        ("dora", "visit"): "no_capacity(manager=M3)",
        ("dora", "loss"): "negative_value",
    }
    report = json.loads((tmp_path / "out" / "report.json").read_text())
    assert report["objective"] == 9 + 8 + 7
    assert report["bound"] == pytest.approx(24, abs=0.01)
    assert report["greedy_by_value"] == 10
    prices = {one["resource"]: one["price"] for one in report["resources"]}
    assert 1 <= prices["phone"] <= 7
    assert prices["manager=M3"] is None
    assert {one["resource"]: one["used"] for one in report["resources"]}["phone"] == 1
    for name, digest in report["sha256"].items():
        assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == digest


def test_the_summary_tells_value_bound_greedy_and_prices(tmp_path: Path) -> None:
    said = run(*files(tmp_path), tmp_path / "out").output
    for part in ("3 of 6 options", "2 listed, 1 control", "gap", "greedy by value", "phone"):
        assert part in said


def test_parquet_gives_what_csv_gives(tmp_path: Path) -> None:
    options, capacities = files(tmp_path)
    allocate_files(options, capacities, tmp_path / "text")
    columns = [("value", pa.float64()), ("phone", pa.int8())]
    table, _ = read_table(options)
    for name, kind in columns:
        at = table.column_names.index(name)
        table = table.set_column(at, name, table.column(name).cast(kind))
    pq.write_table(table, tmp_path / "options.parquet")
    allocate_files(tmp_path / "options.parquet", capacities, tmp_path / "typed")
    typed = pq.read_table(tmp_path / "typed" / "chosen.parquet").to_pylist()
    assert typed == csv.read_csv(tmp_path / "text" / "chosen.csv").to_pylist()


def test_the_order_of_lines_does_not_change_a_byte(tmp_path: Path) -> None:
    heading, *lines = OPTIONS.splitlines()
    (tmp_path / "again").mkdir()
    allocate_files(*files(tmp_path), tmp_path / "one")
    turned = "\n".join([heading, *reversed(lines)]) + "\n"
    allocate_files(*files(tmp_path / "again", turned), tmp_path / "two")
    for name in ("chosen.csv", "not_chosen.csv", "report.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_several_options_per_customer_when_asked(tmp_path: Path) -> None:
    assert run(*files(tmp_path), tmp_path / "out", "--per-customer", "2").exit_code == 0
    chosen = csv.read_csv(tmp_path / "out" / "chosen.csv").to_pylist()
    assert [row["option_id"] for row in chosen if row["customer_id"] == "anna"] != []
    assert json.loads((tmp_path / "out" / "report.json").read_text())["per_customer"] == 2


@pytest.mark.parametrize(
    ("options", "capacities", "told"),
    [
        (OPTIONS.replace("phone", "letter"), CAPACITIES, ["column letter", "capacities.csv"]),
        (OPTIONS, CAPACITIES + "branch,3\n", ["resource branch", "options.csv"]),
        (OPTIONS, CAPACITIES.replace("phone,1", "phone,-1"), ["limit, line 2", "1 below 0"]),
        (OPTIONS, CAPACITIES.replace("phone,1", "phone,many"), ["limit, line 2", "not a number"]),
        (OPTIONS, CAPACITIES + "phone,2\n", ["resource, line 6", "1 repeated"]),
        (OPTIONS.replace("call,8", "call,NaN"), CAPACITIES, ["value, line 4", "not a number"]),
        (OPTIONS.replace("call,8", "call,"), CAPACITIES, ["value, line 4", "empty"]),
        (OPTIONS.replace("call,8", "call,x8"), CAPACITIES, ["value, line 4", "not a number"]),
        (OPTIONS.replace("8,1,", "8,-1,"), CAPACITIES, ["phone, line 4", "below 0"]),
        (OPTIONS.replace("mail", "call"), CAPACITIES, ["option_id, line 3", "1 repeated"]),
        (OPTIONS.replace("ben,", ","), CAPACITIES, ["customer_id, line 4", "1 rows without"]),
        (OPTIONS.replace("M2", "M9"), CAPACITIES, ["manager, line 4", "1 cells"]),
        (OPTIONS.replace("control", "ghost"), CAPACITIES, ["arm, line 5", "listed or control"]),
        (OPTIONS + "eva,call\n", CAPACITIES, ["line 8 with 2", "6 cells"]),
        (OPTIONS.replace("value", "worth"), CAPACITIES, ["a column value"]),
        (OPTIONS.replace("option_id", "customer_id"), CAPACITIES, ["twice: customer_id"]),
        (OPTIONS.splitlines()[0] + "\n", CAPACITIES, ["options.csv", "at least one row"]),
        ("", CAPACITIES, ["options.csv", "a CSV file"]),
        (OPTIONS, "resource,limit\n", ["capacities.csv", "at least one row"]),
        (OPTIONS, "", ["capacities.csv", "a CSV file"]),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_fault_is_named_with_its_place_and_nothing_is_written(
    tmp_path: Path, options: str, capacities: str, told: list[str]
) -> None:
    result = run(*files(tmp_path, options, capacities), tmp_path / "out")
    assert result.exit_code == 2
    for part in (*told, "expected:", "found:", "where:", "remedy:"):
        assert part in result.output
    for person in ("anna", "ben", "cem", "dora", "eva"):
        assert person not in result.output
    assert not (tmp_path / "out").exists()


def test_what_is_no_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "options.parquet"
    path.write_text(OPTIONS)
    with pytest.raises(AllocationError, match=r"options\.parquet"):
        read_table(path)


def test_a_failing_write_leaves_the_former_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = files(tmp_path)
    allocate_files(*paths, tmp_path / "out")
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    def half(rows: pa.Table, path: Path) -> None:
        path.write_text("half a fi")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(csv, "write_csv", half)
    with pytest.raises(OSError, match="No space"):
        allocate_files(*paths, tmp_path / "out", per_customer=2)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    allocate_files(*files(tmp_path), tmp_path / "out")
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "out").iterdir()} == {0o600}
