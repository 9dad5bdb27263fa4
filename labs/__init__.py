"""The twin lab: small invented APIs, each built twice, weak and fixed, to measure what `yett probe` finds and claims.

    make lab                                      every lab over seeds that were not used in development
    python -m labs.score --seeds 1-3 objects      some of them, over others
    python -m labs.serving objects --seed 3       one of them, to be looked at

A lab is one file with `build(house)`: it hangs its operations into a `house.House` and reads `house.fixed` where the twins part.
Everything that a probe could learn by heart (names, kinds of ids, envelopes, ways to log in) comes from the seed (`style.py`):
seeds from `style.HELD_OUT` on use words that no other seed uses. What is wrong with the weak twins stands in `truth.yaml`.

They know nothing of Yett but its names of flaws, listen on loopback only, and hold nothing real.
"""
