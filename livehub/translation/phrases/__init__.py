"""Data, not code: ``index.toml`` orders the phrases, one ``<locale>.toml`` beside it says them in each language."""
