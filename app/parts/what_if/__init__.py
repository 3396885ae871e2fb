"""Parts of the what-if page: scenarios are edited, read back in words, compared, and held against what the model learned."""
