"""Guards: rules that decide inline. Each file is one rule; adding one touches that file and its test."""
