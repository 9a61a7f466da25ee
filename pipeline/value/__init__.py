"""What customers are worth: who is still active, and what they are expected to order and spend."""
