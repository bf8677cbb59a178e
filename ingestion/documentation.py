"""The documentation page of all feeds, made from their contracts: `docs/feeds.md`.

Make it anew with `python -m ingestion.documentation`; a test holds that the page is up to date.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ingestion.contracts import Column, Contract, load_contracts

PAGE = Path(__file__).resolve().parent.parent / "docs" / "feeds.md"
_PREAMBLE = Path(__file__).parent / "feeds_preamble.md"

_PERSONAL = {
    None: "",
    "direct": "encrypted in the vault, token in raw",
    "token_only": "token only",
}


def render() -> str:
    """Markdown of the page: the rules of delivery, a table of feeds, then each feed."""
    contracts = load_contracts().values()
    parts = [_PREAMBLE.read_text(encoding="utf-8").rstrip(), "", *_overview(contracts)]
    for contract in contracts:
        parts += ["", *_feed(contract)]
    return "\n".join(parts) + "\n"


def _overview(contracts: Iterable[Contract]) -> list[str]:
    lines = ["## The feeds", "", "| feed | 中文 | one row is | defers by |", "|---|---|---|---|"]
    for contract in contracts:
        lines.append(
            f"| [`{contract.feed}`](#{contract.feed}) | {contract.label_zh} | {contract.grain} "
            f"| {_code(contract.effective_date)} |"
        )
    return lines


def _feed(contract: Contract) -> list[str]:
    totals = ", ".join(f"`{name}`" for name in contract.control_totals) or "none"
    key = ", ".join(f"`{name}`" for name in contract.key)
    return [
        f"## {contract.feed}",
        "",
        f"{contract.label_en} {contract.label_zh}: one row is {contract.grain}. "
        f"Key: {key}. Version: `{contract.version}`. "
        f"Party: {_code(contract.party)}. Control totals: {totals}.",
        "",
        "| column | type | null | values | personal |",
        "|---|---|---|---|---|",
        *(_row(column) for column in contract.columns),
    ]


def _row(column: Column) -> str:
    values = ", ".join(column.allowed)
    if column.format == "currency":
        values = "ISO 4217 code"
    null = "yes" if column.nullable else "no"
    return f"| `{column.name}` | {column.type} | {null} | {values} | {_PERSONAL[column.pii]} |"


def _code(name: str | None) -> str:
    return f"`{name}`" if name else "none"


if __name__ == "__main__":
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(render(), encoding="utf-8")
