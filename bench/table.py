"""The table of all figures: drawn on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.table import Table

from bench.results import Result, Row

HEADINGS = ("benchmark", "step", "figure", "unit", "peak MiB", "target", "met")
_RIGHT = {"figure", "peak MiB"}
_GAP = "  "


def drawn(results: Sequence[Result]) -> Table:
    """The table for a terminal."""
    table = Table()
    for heading in HEADINGS:
        table.add_column(heading, justify="right" if heading in _RIGHT else "left")
    for cells in _cells(results):
        table.add_row(*cells, style="bold red" if cells[-1] == "no" else None)
    return table


def plain(results: Sequence[Result]) -> str:
    """The same table as aligned lines of text."""
    lines = [HEADINGS, *_cells(results)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(HEADINGS))]
    return "\n".join(_line(cells, widths) for cells in lines)


def verdict(results: Sequence[Result]) -> str:
    """The last line: how many targets are met, which are missed, what could not run."""
    rows = [(result.name, row) for result in results for row in result.rows]
    judged = [(name, row) for name, row in rows if row.met is not None]
    missed = [
        f"{name}: {row.step} {_figure(row)} {row.unit}" for name, row in judged if not row.met
    ]
    said = f"{len(judged) - len(missed)} of {len(judged)} targets met"
    if any(row.limit and not row.judged for _, row in rows):
        said = "small sizes: targets are shown, not judged"
    if missed:
        said += f"; MISSED: {'; '.join(missed)}"
    failed = [result.name for result in results if result.failure]
    return said + (f"; COULD NOT RUN: {', '.join(failed)}" if failed else "")


def _cells(results: Sequence[Result]) -> Iterator[tuple[str, ...]]:
    for result in results:
        if result.failure:
            yield (result.name, "could not run", "", "", "", "", "")
        for row in result.rows:
            yield (
                result.name,
                row.step,
                _figure(row),
                row.unit,
                f"{row.peak_mb:,.0f}" if row.peak_mb else "",
                _target(row),
                {True: "yes", False: "no", None: ""}[row.met],
            )


def _figure(row: Row) -> str:
    return f"{row.figure:,.0f}" if abs(row.figure) >= 1000 else f"{row.figure:,.1f}"


def _target(row: Row) -> str:
    if row.limit is None:
        return ""
    return f"{'≥' if row.limit.at_least else '≤'} {row.limit.bound:,.0f} {row.unit}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    aligned = (
        cell.rjust(width) if heading in _RIGHT else cell.ljust(width)
        for heading, cell, width in zip(HEADINGS, cells, widths, strict=True)
    )
    return _GAP.join(aligned).rstrip()
