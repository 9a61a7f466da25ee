"""Where the figures of a report go, and what to do where a file cannot be written."""

FIGURES = "figures"
REMEDY = "Close it where it is open, make room on the disk, or name another folder with --out."
