"""Telling others what happened: endpoints of workspaces and callbacks of jobs, signed as Standard Webhooks have it."""
