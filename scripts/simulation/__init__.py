"""An invented platform of which the truth is known. Nothing here imports the rest of the project."""
