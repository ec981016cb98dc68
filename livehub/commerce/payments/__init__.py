"""Money that moves: what providers say of payments, refunds, what is due, and the ledger."""
