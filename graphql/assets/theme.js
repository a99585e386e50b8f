// Runs before the first paint: the chosen theme, if there is one, else what the system says.
(() => {
  const read = () => { try { return localStorage.getItem('theme'); } catch { return null; } };
  const stored = read();
  if (stored === 'light' || stored === 'dark') document.documentElement.dataset.theme = stored;
})();
