"""Parts of the page about a market: its data, its calendar, its districts, and the checkpoint."""
