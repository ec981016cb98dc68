"""Auctions of a unit in the stream: proxy bidding, soft close or sudden death, and a hold for whoever wins."""
