"""One speaker a file."""
