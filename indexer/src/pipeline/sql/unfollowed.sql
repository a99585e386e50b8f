-- Live windows that lack an address which the rules follow, and which. `known` first: it is bound first.
WITH ? AS followed
SELECT assumeNotNull(window_from) AS first, height AS last, arrayFilter(a -> NOT has(accounts, a), followed) AS missing
FROM ?
WHERE network = ? AND window_from IS NOT NULL AND notEmpty(missing)
ORDER BY last
