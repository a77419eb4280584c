"""The warehouse file: where it is, how it is opened, the tables that the loader owns, and its secrets."""
