"""Text into sound, for those whose browser has no voice of their language."""
