"""Pure statistics: attribution chains, Shapley values, experiment tests and intervals.

Nothing here opens a connection or reads a file: tables come in, tables go out.
"""
