"""The linters. Only the standard library is imported here."""
