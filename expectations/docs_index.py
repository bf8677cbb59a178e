"""One page that leads to the Data Docs of every night and gate; old nights are removed."""

from __future__ import annotations

import html
import shutil
from pathlib import Path

NIGHTS_KEPT = 35


def write_index(docs_dir: Path) -> None:
    """Write `index.html` of all nights, newest first, and drop nights beyond the last 35."""
    nights = sorted((path for path in docs_dir.iterdir() if path.is_dir()), reverse=True)
    for old in nights[NIGHTS_KEPT:]:
        shutil.rmtree(old)
    rows = "\n".join(_row(night) for night in nights[:NIGHTS_KEPT])
    page = f"<!doctype html><title>Gates</title><h1>Gates</h1>\n<ul>\n{rows}\n</ul>\n"
    (docs_dir / "index.html").write_text(page, encoding="utf-8")


def _row(night: Path) -> str:
    links = " · ".join(
        f'<a href="{night.name}/{gate.name}/index.html">{html.escape(gate.name)}</a>'
        for gate in sorted(night.iterdir())
    )
    return f"<li>{html.escape(night.name)}: {links}</li>"
