SELECT network, stage FROM stages ORDER BY network, stage
