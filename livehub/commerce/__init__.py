"""What a show sells: catalog, offers, stock, checkout, payments, refunds. docs/commerce.md tells an order's journey."""
