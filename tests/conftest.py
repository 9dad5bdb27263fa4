"""What holds for every test: properties have no deadline, because how long one example takes depends on who else is on the machine."""

from hypothesis import settings

settings.register_profile("yett", deadline=None)
settings.load_profile("yett")
