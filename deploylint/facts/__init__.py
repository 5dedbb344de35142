"""Facts: what one file says, parsed once, immutable, every value with its span. They know no platform and no rule."""
