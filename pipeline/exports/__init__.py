"""Lists as files for people: CSV and XLSX, all rows, nothing in them that a spreadsheet would compute."""
