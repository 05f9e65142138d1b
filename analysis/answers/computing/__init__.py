"""Answers that are worked out of the fields of documents: sums, counts, averages, the least and the most."""
