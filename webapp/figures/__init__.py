"""Charts: one per file, frame to figure; they know neither Dash nor the store."""
