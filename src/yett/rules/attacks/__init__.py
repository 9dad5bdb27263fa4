"""Attack rules: what attackers send in values of requests, and what must not be told in responses. One rule a file."""
