"""A report of the news of a period: a page, a mail, and feeds of folded stories."""
