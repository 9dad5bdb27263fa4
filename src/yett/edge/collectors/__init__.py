"""Collectors: where exchanges come from that somebody else carried."""
