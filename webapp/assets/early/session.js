// Whoever was signed out meanwhile is led to signing in: what is shown of customers goes with the page.
(function () {
  const send = window.fetch;
  window.fetch = async (...request) => {
    const answer = await send(...request);
    if (answer.status === 401) window.location.reload();
    return answer;
  };

  // A browser may keep a page as it was, to show it when somebody goes back: it is kept blank, and asked for again.
  window.addEventListener("pagehide", (event) => {
    if (event.persisted) document.documentElement.style.setProperty("display", "none", "important");
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });
})();
