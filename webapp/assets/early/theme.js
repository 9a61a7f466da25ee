// Before anything is drawn: the theme that was chosen, or the system's. The server reads the cookie for the colours of charts.
(function () {
  const kept = document.cookie.match(/(?:^|; )theme=(dark|light)/);
  const theme = kept ? kept[1] : matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  document.documentElement.dataset.bsTheme = theme;
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
})();
