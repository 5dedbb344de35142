"""What is known of the world outside of the app: data of `rules/`, a module for each table, read when first
asked for.

A table says what it knows; None is "not known", which is never the same as "none".
"""
