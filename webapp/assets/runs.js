// An open page asks now and then which run is shown, and says when it is not its own any more.
(function () {
  const element = (type, props) => ({ namespace: "dash_html_components", type, props });
  const notice = () =>
    element("Div", { className: "notice", children: ["New results were published. ", element("A", { href: "", children: "Reload the page" })] });

  async function watch(ticks, shown) {
    const none = window.dash_clientside.no_update;
    let answer;
    try {
      answer = await fetch("/run", { cache: "no-store" });
    } catch {
      return none; // nobody is there at the moment: it is asked again
    }
    if (!answer.ok) return none;
    return (await answer.text()) === shown ? null : notice();
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.runs = { watch };
})();
