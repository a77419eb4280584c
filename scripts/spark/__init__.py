"""A Spark cluster on this machine, and what a build on it cost."""
