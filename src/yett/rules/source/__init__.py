"""Rules on source code, one file each. See `yett.model.source`."""
