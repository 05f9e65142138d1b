"""Answers to questions: computed from fields, written by a language model, or quoted; each says where it stands."""
