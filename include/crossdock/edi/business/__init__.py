"""What a transaction set says: an order (850), its answer (855), an acknowledgement (997, 999, TA1).

Every element ends up in a named field or, where it has none, verbatim under `others`: reading loses nothing.
Numbers, codes and texts stay as the partner wrote them; the contract judges and staging casts.
"""
