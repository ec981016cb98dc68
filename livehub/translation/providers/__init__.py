"""The engines that livehub brings: one module each, with a ``create`` that the registry calls."""
