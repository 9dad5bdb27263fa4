"""`yett demo`: a weak shop, the gateway before it, and callers good and bad, each with the answer that they must get.

`shop` is the API, `callers` and `scenarios` say who sends what, `stage` starts and ends the processes, `wire` sends, `verdict`
holds what happened against what must happen, `tables` shows it, `command` is the command.
"""
