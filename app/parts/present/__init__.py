"""Parts of the presentation: the slides of the report, large and without controls."""
