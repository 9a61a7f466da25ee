"""Lists on their way out, as CSV and as XLSX: all rows, never the visible ones."""
