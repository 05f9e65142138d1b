"""Findings, jobs and events in the words and groups in which people see them; pages and admin render them."""
