"""X12 as bytes: find delimiters, cut interchanges into groups and sets, check envelopes, take segments apart, write.

Nothing here knows a partner or a database. Codes of TA1, AK3, AK4, AK5 and AK9 are those of X12 version 4010.
"""
