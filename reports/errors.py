"""What can go wrong in this package."""


class ReportError(Exception):
    """A report cannot be made of these facts or on this machine; the text says why and what to do."""
