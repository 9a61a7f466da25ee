"""Pages: which address each answers to, its title, its layout; nothing else."""
