"""What a store has: products, variants, categories and pictures, their stock, and files of them."""
