"""Add to a market: a district, or the table of festivals, and the folder that holds what came of it."""
