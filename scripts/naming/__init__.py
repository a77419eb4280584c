"""What a report calls its activities: the dictionary, the words that are unknown, and what a person decides."""
