"""`spectrum-session doctor`: checks the requirements of a session, and suggests fixes.

`probe*.py` collect the facts of `facts.py`, `checks*.py` judge them (pure), `show.py` prints.
"""
