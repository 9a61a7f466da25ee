"""What would move a customer elsewhere, and what describes a persona."""
