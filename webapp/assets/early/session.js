// Whoever was signed out meanwhile is led to signing in: what is shown of customers goes with the page.
(function () {
  const send = window.fetch;
  window.fetch = async (...request) => {
    const answer = await send(...request);
    if (answer.status === 401) window.location.reload();
    return answer;
  };
})();
