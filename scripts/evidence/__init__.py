"""Evidence: the printable page that shows which records are behind a person's minutes."""
