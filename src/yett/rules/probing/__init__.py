"""What probes share: the target as they see it, its operations, objects and identities, values, and what a real success is.

Everything is pure. It must not know how calls are sent, nor which probes there are.
"""
