"""Gates: Great Expectations checks at the borders raw, marts, predictions and activation.

Importing the package is cheap; Great Expectations itself (seconds) is imported by `run_gate`.
"""

from expectations.gate import run_gate
from expectations.report import CheckResult, GateReport
from expectations.suite import GATES, load_suite

__all__ = ["GATES", "CheckResult", "GateReport", "load_suite", "run_gate"]
