"""The checks of the rules, a module for each family. What a rule is called and says of itself stands in `rules/`."""
