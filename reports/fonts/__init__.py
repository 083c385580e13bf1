"""Fonts of the paper documents; the .ttf files beside this one are made by `python -m reports.fonts.build`."""
