"""Fixes: which of them go together, what they make of the files, and how that comes to the disk."""
