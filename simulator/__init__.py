"""A bank to practise on: people with known truth, feeds day by day, answers to the lists."""

from simulator.bank import Bank
from simulator.faults import BadInput
from simulator.identities import Canary, canaries
from simulator.run import is_simulated, simulate_day, simulate_history

__all__ = [
    "BadInput",
    "Bank",
    "Canary",
    "canaries",
    "is_simulated",
    "simulate_day",
    "simulate_history",
]
