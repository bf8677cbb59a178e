"""Campaigns: from strategies to decisions, list rows, published lists and their files."""
