"""Whether a transaction set follows the standard as far as we read it: what a 997 says.

`dictionary` knows elements, segments and sets; `check` compares. A set that is not in the dictionary is not accepted
blindly: it is refused by name (AK502 = 1) and kept.
"""
