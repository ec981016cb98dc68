"""Rooms: what they are, the three kinds as policies, who has which role, and the path scheduled → live → ended."""
