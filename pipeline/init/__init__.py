"""A first look at a file: what it seems to hold, as a block of the catalogue that its owner can read and mend."""
