"""`bankloop lift` on small files: what is shown, and what is said about files that are wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.csv as pacsv
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from bankloop import app
from measurement.experiments import cap_of, rate_difference


def run(file: Path, *arguments: str, control: str = "control", outcome: str = "y") -> Result:
    out = str(file.parent / "lift.json")
    given = ["--arm", "arm", "--control", control, "--outcome", outcome, "--out", out]
    return CliRunner().invoke(app, ["lift", "--data", str(file), *given, *arguments])


def content(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "lift.json").read_text(encoding="utf-8"))
    return found


@pytest.fixture
def rates(tmp_path: Path) -> Path:
    """Arms of 1,800, 1,800 and 900; 450, 200 and 15 convert."""
    rows = [("mail", 1800, 450), ("app", 1800, 200), ("control", 900, 15)]
    lines = [f"{arm},{int(n < won)}" for arm, size, won in rows for n in range(size)]
    file = tmp_path / "rates.csv"
    file.write_text("\n".join(["arm,y", *lines, ""]))
    return file


@pytest.fixture
def amounts(tmp_path: Path) -> Path:
    random = np.random.default_rng(8)
    before = np.where(random.random(2000) < 0.4, random.exponential(100, 2000), 0).round(2)
    table = pa.table(
        {
            "id": [f"C{n}" for n in range(2000)],
            "arm": pa.array(["treated", "control"] * 1000),
            "y": before + random.exponential(20, 2000).round(2),
            "before": before,
        }
    )
    pq.write_table(table, tmp_path / "amounts.parquet")
    return tmp_path / "amounts.parquet"


def test_every_arm_stands_against_the_control(rates: Path) -> None:
    shares = ("mail=0.4", "app=0.4", "control=0.2")
    result = run(rates, *(word for share in shares for word in ("--share", share)))
    assert result.exit_code == 0, result.output
    found = content(rates.parent)
    assert found["kind"] == "rate"
    assert [lift["arm"] for lift in found["lifts"]] == ["app", "mail"]
    app, mail = found["lifts"]
    assert mail["interval"] == vars(rate_difference(450, 1800, 15, 900))
    assert mail["sample_ratio"]["p_value"] == 1.0
    assert app["interval"] is None
    assert app["gate"] == pytest.approx(215 / 3)
    assert "app: not enough data" in result.output
    assert "mail: +23.333 points" in result.output


def test_the_gate_decides_arm_by_arm(tmp_path: Path) -> None:
    lines = [f"{arm},{y}" for arm in ("control", "b") for y in [1] * 100 + [0] * 300]
    file = tmp_path / "d.csv"
    file.write_text("\n".join(["arm,y", *lines, ""]))
    result = run(file, "--share", "0.5")
    assert content(tmp_path)["lifts"][0]["interval"] == vars(rate_difference(100, 400, 100, 400))
    assert "b: +0.000 points, 95 % interval" in result.output
    assert "no effect shown" in result.output
    assert "as planned (p = 1, chi-square)" in result.output


def test_arms_not_filled_as_planned_show_no_lift(amounts: Path) -> None:
    result = run(amounts, "--share", "0.6")
    assert content(amounts.parent)["lifts"][0]["interval"] is None
    assert "MISMATCH" in result.output
    assert "no lift is shown" in result.output


def test_the_cap_comes_from_the_covariate_or_from_the_option(amounts: Path) -> None:
    before = pq.read_table(amounts)["before"].to_numpy()
    result = run(amounts, "--covariate", "before", "--unit", "id")
    found = content(amounts.parent)
    assert found["cap"] == cap_of(before)
    assert found["lifts"][0]["method"] == "Welch on the adjusted outcome"
    assert "of the variance" in result.output
    run(amounts, "--cap", "70")
    assert content(amounts.parent)["cap"] == 70
    assert "amounts are not cut" in run(amounts).output


def test_an_interim_look_says_so(amounts: Path) -> None:
    result = run(amounts, "--interim", "--planned", "5000")
    assert "95 % interim interval" in result.output
    assert content(amounts.parent)["lifts"][0]["method"] == "always-valid"


def test_rows_may_come_in_any_order(rates: Path) -> None:
    run(rates)
    one = content(rates.parent)
    table = pacsv.read_csv(rates)
    pacsv.write_csv(table.take(np.random.default_rng(1).permutation(table.num_rows)), rates)
    run(rates)
    assert content(rates.parent) == one


def test_truth_values_are_rates(tmp_path: Path) -> None:
    file = tmp_path / "d.parquet"
    table = pa.table({"arm": [0, 1] * 300, "y": pa.array([True, True, False] * 200)})
    pq.write_table(table, file)
    assert run(file, control="0").exit_code == 0
    assert content(tmp_path)["kind"] == "rate"


@pytest.mark.parametrize(
    ("lines", "arguments", "told"),
    [
        (["a,1", "a,0"], (), ["control arm 'control'", "a: 2", "column arm"]),
        (["control,1", "control,0"], (), ["and in another arm", "control: 2"]),
        (["control,1", "control,0", "a,1"], (), ["1 of 2 arms with one"]),
        ([f"{n},1" for n in range(50)], (), ["at most 20 arms", "50 distinct values"]),
        (["control,1", "a,", "a,2", "control,"], (), ["2 missing", "column y", "line 3 and"]),
        (["control,1", "a,nan", "a,2", "control,3"], (), ["1 that are no finite number", "line 3"]),
        (["control,1", "a,lots", "a,2", "control,3"], (), ["0 missing and 1 that are", "line 3"]),
        (["control,1", ",1", "a,2"], (), ["every row of column arm", "1 missing", "line 3"]),
        (["control,1", "control,0", "a,1", "a,0"], ("--cap", "5"), ["only for amounts"]),
        (["control,7", "control,0", "a,1", "a,0"], ("--cap", "-5"), ["positive --cap"]),
        (["control,1", "control,0", "a,1", "a,0"], ("--share", "a=0.7"), ["1 together"]),
        (["control,1", "control,0", "a,1", "a,0"], ("--share", "most"), ["ARM=SHARE"]),
        (["control,1", "control,0", "a,1", "a,0"], ("--share", "1.5"), ["within (0, 1)"]),
        (["control,1", "control,0", "a,1", "a,0"], ("--covariate", "x"), ["without or twice x"]),
        (["control,1", "control,0", "a,1", "a,0"], ("--covariate", "y"), ["a column of its own"]),
        (["control,1", "control,0", "a,1", "a,0"], ("--unit", "arm"), ["a column of its own"]),
    ],
)  # fmt: skip
def test_a_file_or_option_that_is_wrong_is_answered_with_column_and_counts(
    tmp_path: Path, lines: list[str], arguments: tuple[str, ...], told: list[str]
) -> None:
    file = tmp_path / "d.csv"
    file.write_text("\n".join(["arm,y", *lines, ""]))
    result = run(file, *arguments)
    assert result.exit_code == 2
    for part in (*told, "expected:", "found:", "where:", "remedy:"):
        assert part in result.output
    assert not (tmp_path / "lift.json").exists()


def test_units_that_repeat_are_counted_and_not_named(tmp_path: Path) -> None:
    file = tmp_path / "d.csv"
    file.write_text("arm,y,id\ncontrol,1,K77\ncontrol,0,K78\na,1,K77\na,1,K79\n")
    result = run(file, "--unit", "id")
    assert result.exit_code == 2
    assert "1 further rows" in result.output
    assert "K77" not in result.output


def test_amounts_before_launch_that_are_all_zero_give_no_cap(tmp_path: Path) -> None:
    file = tmp_path / "d.csv"
    file.write_text("arm,y,x\ncontrol,1,0\ncontrol,5,0\na,1,0\na,9,0\n")
    result = run(file, "--covariate", "x")
    assert result.exit_code == 2
    assert "4 amounts of 0" in result.output
