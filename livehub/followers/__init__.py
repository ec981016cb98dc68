"""Who wants to know when a shop or a host goes live, how they are told, and how they stop it."""
