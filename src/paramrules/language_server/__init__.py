"""The language server: what an editor asks about a rule file, answered by the other rooms.

`document.py` holds an open file with all that is known of it; each further module turns that into the answers
of one feature. `server.py` alone talks to the editor. No framework is imported in its process: a model comes
from a saved inventory, or from one that a subprocess has built.
"""
