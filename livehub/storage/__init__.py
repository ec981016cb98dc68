"""SQL: tables, the group-commit writer, and what implements the Protocols of the domains. Nothing else knows SQL."""
