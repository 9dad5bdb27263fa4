"""What holds for every test.

Properties have no deadline, because how long an example takes depends on who else is on the machine, and try the same examples each time, so
that a change is judged by what it changes. `HYPOTHESIS_PROFILE=explore` tries new ones.
"""

import os

from hypothesis import settings

settings.register_profile("repeat", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeat"))
