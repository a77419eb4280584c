"""An invented platform whose truth is known. Nothing here imports the rest of the project."""
