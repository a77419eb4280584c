"""The fault harness: commands of the project killed at any moment, and readers of the copy while builds go on.

``make faults`` runs all of it, ``tests/project/test_faults.py`` a little of it. A run is repeated by its seed.
"""
