"""Chat lines from the sender's language into those of the people in the room.

:mod:`.locale` knows the eleven locales, :mod:`.service` translates a line once per locale whatever the number of
viewers, :mod:`.registry` finds engines by entry point, :mod:`.providers` holds the two that livehub brings, and
:mod:`.phrasebook` the everyday phrases that need no engine at all.
"""
