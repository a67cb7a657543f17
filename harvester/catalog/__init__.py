"""Remembers everything: candidates, rulings, files, harvests. The only package that speaks SQL to `catalog.db`."""
