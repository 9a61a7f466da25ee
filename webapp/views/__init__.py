"""A snapshot and filters to the small frame that one figure, table or sentence needs."""
