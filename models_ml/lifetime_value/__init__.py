"""Slot `lifetime_value`: how often a customer will still buy, and for how much.

BG/NBD for the number of purchases and gamma-gamma for their value, fitted to frequency, recency,
age and mean value of each customer. Usable alone: `bankloop lifetime-value fit`, see
docs/lifetime-value.md.
"""
