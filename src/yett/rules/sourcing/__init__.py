"""What rules on source share: sinks and hits, the program as a whole, words of code. They must not know how flows are found."""
