"""Canvas's SIS CSV format: reading as Canvas reads, columns and rules as data, the preflight.

Room: reads the files it is given and writes nothing. A rule is written once and serves preflight and sandbox alike.
"""
