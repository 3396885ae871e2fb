"""One file per page: it lays out what the inputs, the library and the pictures give."""
