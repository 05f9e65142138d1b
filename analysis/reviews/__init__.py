"""Reviews: what is thought in one text or in a million of them, and how sure that is."""
