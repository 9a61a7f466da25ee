"""Who comes in, what they may ask for, and what is noted of it."""
