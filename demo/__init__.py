"""The sample web: invented outlets, their feeds and their pages, served on loopback."""
