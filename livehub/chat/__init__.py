"""Chat: lines and their order, history, reactions, and what moderators may do about people and lines."""
