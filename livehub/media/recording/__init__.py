"""Recording: the segments that were made for watching, kept, watched again, and taken away as one file."""
