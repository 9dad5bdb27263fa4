"""Source code: names resolved across files, routes, flows of callers' values, findings. Pure; nothing is imported or run."""
