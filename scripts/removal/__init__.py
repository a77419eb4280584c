"""Taking a person or a report out of everything, from raw to the copies."""
