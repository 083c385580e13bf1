"""Fonts of the paper documents: `python -m reports.fonts.build` makes the .ttf files beside this one."""
