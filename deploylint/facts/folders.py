"""Folders that by their names hold nothing of the app that is deployed."""

ASIDE = frozenset({"test", "tests", "doc", "docs", "example", "examples", "fixtures"})
"""What serves tests and documentation."""

FOREIGN = frozenset({"node_modules", "site-packages"})
"""What others wrote."""
