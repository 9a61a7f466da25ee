"""From typed rows to one row per customer, as ibis expressions that any engine can run; from published orders, as frames."""
