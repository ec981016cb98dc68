"""From paid to the buyer's hands: shipments, pick-ups, invoices, letters, addresses."""
