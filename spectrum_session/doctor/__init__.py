"""`spectrum-session doctor`: what a machine needs, whether it is there, and how to mend it.

`facts.py` says what is asked, `probe*.py` look, `checks.py` judges (pure), `show.py` prints.
"""
