"""From a basket to an order: quotes, checkout, the order itself, and digital goods."""
