"""The web: reads published runs and shows them; nothing here computes a segment."""
