SELECT count() AS total
