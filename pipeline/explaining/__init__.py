"""Why a customer is in a cluster, what would move them to another, and what describes a persona."""
