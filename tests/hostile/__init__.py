"""Hostile input, case by case: what a feed, a server, an address or a field may hold, and how each must end."""
