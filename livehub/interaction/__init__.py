"""What a room does together: polls, questions and lucky draws. Rooms decide who may; SQL holds the truth."""
