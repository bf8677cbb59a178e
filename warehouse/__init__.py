"""The warehouse: settings, server, connections, vault, run ledger and atomic publication."""
