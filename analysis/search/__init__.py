"""Finding passages: by their words, by their meaning, and by what was read from their documents."""
