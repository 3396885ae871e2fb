"""Bring your data: files, their meaning, and the work that makes a market of them."""
