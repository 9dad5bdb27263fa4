"""Classes of sensitive data, one a file: what they are called, what they look like, and whether their check digits are right."""
