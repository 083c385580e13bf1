"""The paper side of Sunseal: frozen facts in, PDF bytes out.

Nothing here queries anything or asks for the time: the application fills the dataclasses of
`reports.facts`, and `reports.opening_record.render` and `reports.award_report.render` turn them into PDF.
The same facts always give the same bytes, so a document's SHA-256 can stand in a signed statement.
"""
