"""Counters of limits: `local` for one process, `shared` for all workers of one machine. One contract test suite for all."""
