SELECT version, digest FROM {table} WHERE network = {network} ORDER BY version DESC, digest DESC LIMIT 1
