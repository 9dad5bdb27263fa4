"""Findings as other tools read them: SARIF and JUnit. Of any kind: passive checks, probes, guards.

It must not know where findings come from, nor how rules work.
"""
