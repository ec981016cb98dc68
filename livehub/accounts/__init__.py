"""Who somebody is: accounts, sessions, API keys, guests, join tokens; and the table of what each role may do."""
