"""Benchmarks: what `make bench` measures (docs/benchmarks.md)."""
