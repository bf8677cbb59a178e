"""`bankloop attribute` on small files: what comes out, and what is said about wrong ones."""

from __future__ import annotations

import gzip
from decimal import Decimal
from pathlib import Path

import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from bankloop import app

HEADER = "path,total_conversions,total_conversion_value,total_null"
# Bryl 2016: with its null paths the credit is 0.2, 0.4, 0.4.
TOY = [HEADER, "C1 > C2 > C3,1,9.00,0", "C1,0,0,1", "C2 > C3,0,0,1"]


def run(file: Path, *arguments: str, out: Path | None = None) -> Result:
    target = out or file.parent / "out.csv"
    return CliRunner().invoke(
        app, ["attribute", "--paths", str(file), "--out", str(target), *arguments]
    )


def written(folder: Path, *lines: str) -> Path:
    file = folder / "paths.csv"
    file.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return file


def credits(file: Path) -> dict[str, dict[str, float]]:
    rows = pacsv.read_csv(file).to_pylist()
    return {row.pop("channel"): {k: float(v) for k, v in row.items()} for row in rows}


def test_the_toy_chain_comes_out_with_its_null_paths(tmp_path: Path) -> None:
    result = run(written(tmp_path, *TOY), "--models", "markov,linear", "--with-null-paths")
    assert result.exit_code == 0, result.output
    assert credits(tmp_path / "out.csv") == {
        "C1": {"markov_1_conversions": 0.2, "markov_1_value": 1.8}
        | {"linear_conversions": 0.333333334, "linear_value": 3.0},
        "C2": {"markov_1_conversions": 0.4, "markov_1_value": 3.6}
        | {"linear_conversions": 0.333333333, "linear_value": 3.0},
        "C3": {"markov_1_conversions": 0.4, "markov_1_value": 3.6}
        | {"linear_conversions": 0.333333333, "linear_value": 3.0},
    }


def test_without_null_paths_every_channel_of_the_toy_is_needed_alike(tmp_path: Path) -> None:
    lines = [line.rpartition(",")[0] for line in TOY]
    assert run(written(tmp_path, *lines), "--models", "markov").exit_code == 0
    found = credits(tmp_path / "out.csv")
    assert {c: row["markov_1_conversions"] for c, row in found.items()} == pytest.approx(
        dict.fromkeys(found, 1 / 3), abs=1e-9
    )


def test_a_folder_receives_every_table(tmp_path: Path) -> None:
    many = [HEADER, "C1 > C2 > C3,9,9.00,0", "C1,0,0,9", "C2 > C3,0,0,9"]
    out = tmp_path / "result"
    result = run(written(tmp_path, *many), "--order", "auto", "--with-null-paths", out=out)
    assert result.exit_code == 0, result.output
    assert {file.name for file in out.iterdir()} == {
        "credits.csv", "orders.csv", "removal_effects.csv", "transitions.csv",
    }  # fmt: skip
    orders = pacsv.read_csv(out / "orders.csv").to_pylist()
    assert [row["order"] for row in orders] == [1, 2, 3, 4]
    assert sum(row["is_chosen"] for row in orders) == 1
    effects = pacsv.read_csv(out / "removal_effects.csv")["channel"].to_pylist()
    assert effects == ["C1", "C2", "C3"]


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "parquet"])
def test_every_format_is_read_and_written_with_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    plain = written(tmp_path, *TOY)
    file = tmp_path / f"in.{suffix}"
    if suffix == "parquet":
        pq.write_table(pacsv.read_csv(plain), file)
    else:
        text = plain.read_bytes()
        file.write_bytes(gzip.compress(text) if suffix == "csv.gz" else text)
    targets = [tmp_path / f"{name}.{suffix}" for name in ("one", "two")]
    for target in targets:
        assert run(file, out=target).exit_code == 0
    assert targets[0].read_bytes() == targets[1].read_bytes()
    if suffix == "csv.gz":
        assert targets[0].read_bytes()[4:8] == bytes(4), "no time of writing in the header"
    table = pq.read_table(targets[0]) if suffix == "parquet" else pacsv.read_csv(targets[0])
    assert table["channel"].to_pylist() == ["C1", "C2", "C3"]
    assert sum(Decimal(str(v)) for v in table["shapley_value"].to_pylist()) == 9


def test_rows_may_come_in_any_order_and_repeat(tmp_path: Path) -> None:
    run(written(tmp_path, HEADER, "a > b > a,3,1.00,1", "b,2,0.01,4"))
    one = (tmp_path / "out.csv").read_bytes()
    run(written(tmp_path, HEADER, "b,2,0.01,4", "a > b > a,1,0.30,0", " a > b > a ,2,0.70,1"))
    assert (tmp_path / "out.csv").read_bytes() == one


def test_an_empty_path_is_a_conversion_without_a_touch(tmp_path: Path) -> None:
    assert run(written(tmp_path, HEADER, "a > b,1,5,0", ",2,7.5,0")).exit_code == 0
    row = credits(tmp_path / "out.csv")["(no touch)"]
    assert {name: v for name, v in row.items() if name.endswith("conversions")} == dict.fromkeys(
        (n for n in row if n.endswith("conversions")), 2.0
    )
    assert row["markov_1_value"] == 7.5


def test_ten_thousand_touches_in_one_path_are_no_problem(tmp_path: Path) -> None:
    long = " > ".join(["a", "b"] * 5000)
    result = run(written(tmp_path, HEADER, f"{long},1,5,0", "a,1,1,0"), "--order", "3")
    assert result.exit_code == 0, result.output
    found = credits(tmp_path / "out.csv")
    assert found["b"]["linear_conversions"] == 0.5
    assert found["a"]["position_conversions"] == 1.5


def test_an_empty_separator_makes_every_path_a_touch(tmp_path: Path) -> None:
    assert run(written(tmp_path, HEADER, "a | b,1,5,0"), "--separator", "").exit_code == 0
    assert set(credits(tmp_path / "out.csv")) == {"a | b"}


@pytest.mark.parametrize(
    ("lines", "arguments", "told"),
    [
        (["path,total_conversions", "a,1"], (), ["without", "total_conversion_value", "paths.csv"]),
        (["path" + HEADER[4:-5], "a,1,1,0"], ("--with-null-paths",), ["total_null"]),
        ([HEADER], (), ["at least one row"]),
        ([HEADER, "a,1,1,0", "b,-1,0,0"], (), ["1 negative", "line 3", "total_conversions"]),
        ([HEADER, "a,1,1,-2"], ("--with-null-paths",), ["1 negative", "line 2", "total_null"]),
        ([HEADER, "a,1.5,1,0"], (), ["1 not whole", "line 2"]),
        ([HEADER, "a,1,1,0", "a,many,1,0"], (), ["0 missing and 1 that are no", "line 3"]),
        ([HEADER, "a,1,,0", "a,1,1,0", "b,1,,0"], (), ["2 missing", "line 2 and others"]),
        ([HEADER, "a,1,nan,0"], (), ["1 that are no finite number", "total_conversion_value"]),
        ([HEADER, "a,1,1e13,0"], (), ["larger unit", "line 2"]),
        ([HEADER, "a,1,1,0", "b,0,1,5"], (), ["no value where nothing converted", "line 3"]),
        ([HEADER, "a,0,0,9", "b,0,0,0"], (), ["at least one conversion", "0 in 2 paths"]),
        ([HEADER, "a>b,1,1,0", "b,1,1,0"], (), ["1 of 2 with '>'", "--separator '>'"]),
        ([HEADER, "a > b,1,1,0"], ("--separator", "|"), ["--separator ' > '"]),
        ([HEADER, "a > b,1,1,0", "a >  > b,1,1,0"], (), ["a channel between", "line 3"]),
        ([HEADER, "a > b,1,1,0", "a >b,1,1,0"], (), ["without the separator", "line 3"]),
        ([HEADER, "a > (start),1,1,0"], (), ["no channel named", "line 2"]),
        ([HEADER, "a,1,1,0,7"], (), ["cannot be read", "as many fields"]),
        (TOY, ("--models", "first,lst"), ["lst", "first, last, linear, position, markov, shapley"]),
        (TOY, ("--models", ""), ["an empty name"]),
        (TOY, ("--models", "time_decay"), ["the time from each touch", "aggregated paths do not"]),
        (TOY, ("--models", "last_non_direct"), ["which touches are direct"]),
        (TOY, ("--order", "0"), ["an order from 1 to 10, or auto"]),
        (TOY, ("--order", "two"), ["an order from 1 to 10, or auto"]),
        (TOY, ("--order", "auto"), ["at least 5 journeys"]),
    ],
)  # fmt: skip
def test_a_file_or_option_that_is_wrong_is_answered_with_place_and_remedy(
    tmp_path: Path, lines: list[str], arguments: tuple[str, ...], told: list[str]
) -> None:
    result = run(written(tmp_path, *lines), *arguments)
    assert result.exit_code == 2
    assert "InputError" in result.output
    for part in (*told, "expected:", "found:", "where:", "remedy:", "paths.csv"):
        assert part in result.output
    assert not (tmp_path / "out.csv").exists()


def test_text_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "paths.csv"
    file.write_bytes(f"{HEADER}\n网点,1,1,0\n".encode("gb18030"))
    result = run(file)
    assert result.exit_code == 2
    assert "UTF-8" in result.output


def test_a_place_that_cannot_be_written_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    for out in (tmp_path / "no" / "out.csv", tmp_path / "out.xlsx"):
        result = run(written(tmp_path, "nothing"), out=out)
        assert result.exit_code == 2
        assert "an existing folder" in result.output


def test_a_column_in_the_file_twice_is_refused(tmp_path: Path) -> None:
    result = run(written(tmp_path, f"{HEADER},total_conversions", "a,1,1,0,1"))
    assert result.exit_code == 2
    assert "without or twice total_conversions" in result.output
