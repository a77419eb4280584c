"""Fuzzing of the loader: inputs by seed, an oracle that reads them without it, and a runner (`make fuzz`)."""
