"""What a line is looked at for before it is shown: words, links, floods, and what plug-ins say."""
