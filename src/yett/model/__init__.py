"""The values everything else speaks in. Knows nothing of files, sockets, clocks or formats."""
