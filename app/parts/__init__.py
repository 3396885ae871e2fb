"""Parts of a page: each lays out one picture or set of figures of a reading, and hears the clicks on it."""
