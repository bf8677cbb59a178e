"""Campaigns: from strategies to decisions, list rows, published lists and their files."""

from campaigns.decision import allocate, decide
from campaigns.explanation import Explanation, explain
from campaigns.exports import ExportSummary, export, export_withdrawals
from campaigns.lists import PUBLISHED_TABLES, ListSummary, build_lists
from campaigns.reading import renew_reading
from campaigns.retention import forget_old_decisions
from campaigns.schema import prepare
from campaigns.strategy_files import CheckedStrategy, load_strategies, validate_strategies
from campaigns.withdrawal import WITHDRAWAL_FEEDS, WithdrawalSummary, block_lists, withdraw

__all__ = [
    "PUBLISHED_TABLES",
    "WITHDRAWAL_FEEDS",
    "CheckedStrategy",
    "Explanation",
    "ExportSummary",
    "ListSummary",
    "WithdrawalSummary",
    "allocate",
    "block_lists",
    "build_lists",
    "decide",
    "explain",
    "export",
    "export_withdrawals",
    "forget_old_decisions",
    "load_strategies",
    "prepare",
    "renew_reading",
    "validate_strategies",
    "withdraw",
]
