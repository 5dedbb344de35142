"""Outputs: a module for each format, which knows the report and nothing that made it."""
