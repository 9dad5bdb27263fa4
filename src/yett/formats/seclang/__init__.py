"""ModSecurity's rule language (SecLang), read into values: enough for OWASP CRS 3.3 and 4, unmodified.

`yett.formats.seclang.values` are the values, `reading` makes them. Nothing here runs a rule or opens a file.
"""
