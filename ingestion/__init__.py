"""Landing files in: contracts, verification, parsing, quarantine, load and archive."""
