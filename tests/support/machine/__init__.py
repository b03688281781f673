"""A service that is turned by hand, in a world whose time and whose effects on the disk a test commands.

`world.World` is the way in: folders, a sandbox, a service without threads, and what must hold of them at any moment.
"""
