"""From a file to typed rows: readers, column matching, row checks and the data-quality report."""
