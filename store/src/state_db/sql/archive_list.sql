SELECT from_height, to_height, path, sha256, bytes FROM archive_files
WHERE network = $1 AND from_height <= $3 AND to_height >= $2 ORDER BY from_height, to_height
