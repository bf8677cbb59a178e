"""Allocation: who gets which option under shared capacities, as a pure computation.

Arrow tables in, picks with reasons, prices and a bound out; nothing here opens a connection.
docs/allocation.md has the program and its sources.
"""

from campaigns.allocation.columns import Origin
from campaigns.allocation.problem import Caps, Problem
from campaigns.allocation.solution import Outcome, Solution, solve
from campaigns.allocation.tables import problem_of

__all__ = ["Caps", "Origin", "Outcome", "Problem", "Solution", "problem_of", "solve"]
