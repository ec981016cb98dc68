"""Translation models on this machine: what a directory holds, and the process that runs them."""
