"""What runs in the background: expiry of reservations, refunds that are due, delivery of the outbox."""
