"""One chart each: what a report says of a dataset in, drawn on the axes that are given."""
