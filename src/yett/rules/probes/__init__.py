"""Active probes, one a file: each proves one kind of hole by what really changed. See `yett.model.probe`."""
