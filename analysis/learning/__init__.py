"""Learning from what people corrected: at once for the vendor, and in time by training."""
