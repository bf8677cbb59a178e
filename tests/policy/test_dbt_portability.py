"""SQL in models is portable: what only PostgreSQL knows stays inside a macro with a dispatch.

Two looks at it. The models' own text may hold no Postgres-only construct: this is a hard rule. And
every model is compiled and translated to Spark by sqlglot: what would not carry over is written to
`dbt_project/target/portability.md`, and only the kinds that macros dispatch may be in it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp
from sqlglot.errors import ErrorLevel, SqlglotError

from dags.pipeline_support import dbt
from tests.integration.dbt_project.core_bank import CoreBank
from tests.integration.dbt_project.core_history import FIRST
from warehouse.connection import clone_database, drop_database
from warehouse.settings import Settings

REPORT = dbt.DBT_PROJECT_DIR / "target" / "portability.md"
POSTGRES_ONLY = {
    "a :: cast": r"::",
    "distinct on": r"\bdistinct\s+on\b",
    "generate_series": r"\bgenerate_series\b",
    "a json operator": r"->>?|#>>?",
    "lateral": r"\blateral\b",
    "at time zone": r"\bat\s+time\s+zone\b",
    "an array constructor": r"\barray\s*\[",
    "unnest": r"\bunnest\b",
    "a regular expression operator": r"(?<![!<>=])~(?!=)",
    "to_char": r"\bto_char\b",
    "date_trunc without dbt": r"(?<!dbt\.)\bdate_trunc\s*\(",
    "an interval literal": r"\binterval\s+'",
    "hash_record": r"\bhash_record\w*\b",
    "string_agg without dbt": r"\bstring_agg\b",
    "the system clock": r"\b(now\s*\(|current_date\b|current_timestamp\b|clock_timestamp\b)",
    "double precision": r"\b(double\s+precision|float8?|real)\b",
    "copy": r"^\s*copy\s",
    "returning": r"\breturning\b",
    "truncate": r"\btruncate\b",
}
# constructs that macros write for PostgreSQL and would write otherwise for Spark
KNOWN_BEHIND_MACROS = {
    "at time zone",
    "generate_series",
    "integer added to a date",
    "difference of dates",
}


def model_files() -> list[Path]:
    found = sorted((dbt.DBT_PROJECT_DIR / "models").rglob("*.sql"))
    assert len(found) > 50
    return found


def without_jinja_and_comments(text: str) -> str:
    """The SQL that a model itself writes: no expressions, statements, comments or literals."""
    text = re.sub(r"\{#.*?#\}|\{%.*?%\}", " ", text, flags=re.DOTALL)
    text = re.sub(r"\{\{(.*?)\}\}", _only_function, text, flags=re.DOTALL)
    return re.sub(r"--[^\n]*", " ", text).lower()


def _only_function(found: re.Match[str]) -> str:
    name = re.match(r"\s*([\w.]+)", found.group(1))
    return f" jinja_{name.group(1).replace('.', '_')} " if name else " "


def violations(text: str) -> list[str]:
    """Names of the Postgres-only constructs in a model's own SQL."""
    own = without_jinja_and_comments(text)
    return [
        name for name, pattern in POSTGRES_ONLY.items() if re.search(pattern, own, re.MULTILINE)
    ]


def test_no_model_uses_what_only_postgres_knows() -> None:
    wrong = {
        str(file.relative_to(dbt.DBT_PROJECT_DIR)): found
        for file in model_files()
        if (found := violations(file.read_text()))
    }
    assert wrong == {}


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("select a::date from b", "a :: cast"),
        ("select distinct on (a) b from c", "distinct on"),
        ("select a ->> 'b' from c", "a json operator"),
        ("select date_trunc('month', a) from b", "date_trunc without dbt"),
        ("select a at time zone 'UTC' from b", "at time zone"),
        ("select current_date", "the system clock"),
        ("select sum(a::double precision) from b", "double precision"),
    ],
)
def test_a_postgres_only_construct_is_seen(statement: str, name: str) -> None:
    assert name in violations(statement)


def test_a_construct_inside_a_macro_call_or_comment_is_not_the_models_own() -> None:
    assert violations("select {{ dbt.date_trunc('month', 'a') }} from b -- a::date") == []


@pytest.fixture(scope="module")
def compiled(server: Settings, empty_template: str) -> Iterator[dict[str, str]]:
    """Every model's compiled SQL as a night runs it, from an empty bank."""
    settings = server.model_copy(update={"database": "test_portability"})
    clone_database(server, empty_template, "test_portability")
    bank = CoreBank(settings, FIRST)
    bank.prepare()
    bank.run(FIRST, FIRST, "--select", "path:models/staging")
    dbt.call(
        settings,
        [
            "compile",
            "--select",
            "path:models",
            "--exclude",
            "test_type:generic",
            "test_type:singular",
            "test_type:unit",
        ],
    )
    folder = dbt.target_dir(settings) / "compiled"
    names = {file.stem for file in model_files()}
    yield {f.stem: f.read_text() for f in folder.rglob("models/**/*.sql") if f.stem in names}
    drop_database(server, "test_portability")


def parse(text: str) -> exp.Expr:
    """The statement as PostgreSQL reads it."""
    statement = sqlglot.parse_one(text, read="postgres")
    assert statement is not None
    return statement


def _is_date_arithmetic(node: exp.Expr, kind: type[exp.Expr]) -> bool:
    return isinstance(node, kind) and "date" in node.sql().lower()


def not_for_spark(text: str) -> Iterator[str]:
    """What of a compiled model Spark would not take as it is, by kind."""
    statement = parse(text)
    try:
        statement.sql(dialect="spark", unsupported_level=ErrorLevel.RAISE)
    except SqlglotError as error:
        yield from {f"sqlglot: {line.strip()}" for line in str(error).splitlines() if line.strip()}
    if statement.find(exp.AtTimeZone):
        yield "at time zone"
    if any(_is_date_arithmetic(node, exp.Add) for node in statement.find_all(exp.Add)):
        yield "integer added to a date"
    if any(_is_date_arithmetic(node, exp.Sub) for node in statement.find_all(exp.Sub)):
        yield "difference of dates"
    if statement.find(exp.Distinct) and any(
        d.args.get("on") for d in statement.find_all(exp.Distinct)
    ):
        yield "distinct on"
    if any(node.name.lower() == "generate_series" for node in statement.find_all(exp.Anonymous)):
        yield "generate_series"
    if statement.find(exp.GenerateSeries, exp.ExplodingGenerateSeries):
        yield "generate_series"


def write_report(path: Path, found: dict[str, list[str]], models: int) -> None:
    """One section a kind, with the models that hold it."""
    lines = [f"# What would not carry over to Spark, of {models} models", ""]
    for kind, names in sorted(found.items()):
        known = "macro has a dispatch" if kind in KNOWN_BEHIND_MACROS else "open"
        lines += [f"## {kind} ({known}, {len(names)} models)", "", ", ".join(sorted(names)), ""]
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(lines))


def test_what_would_not_carry_over_to_spark_is_reported_and_does_not_grow(
    compiled: dict[str, str],
) -> None:
    found: dict[str, list[str]] = defaultdict(list)
    for name, text in compiled.items():
        for kind in set(not_for_spark(text)):
            found[kind].append(name)
    write_report(REPORT, found, len(compiled))
    assert len(compiled) == len(model_files())
    assert set(found) - KNOWN_BEHIND_MACROS == set()
