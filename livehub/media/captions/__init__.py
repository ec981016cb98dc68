"""What is said on stage, written: sound from the room's segments, lines from a process of their own."""
