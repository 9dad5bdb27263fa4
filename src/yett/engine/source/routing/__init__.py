"""Where callers come in: the routes of a program, in the words of each framework."""
