"""Connectors: they write a source's own files as landing folders that keep the contracts."""
