"""Reports before anything of them is landed: files, formats, encodings, rows."""
