// The report of a run: it is asked for, asked after until the wanted file is there, and then brought.
(function () {
  const element = (...parts) => window.React.createElement(...parts);
  const STAGES = { "": "Beginning", reading: "Reading the run", pages: "Setting the pages", workbook: "Writing the workbook" };
  const AGAIN_MS = 300;
  const LOST = "The server could not be reached. Check the connection and ask for it again.";

  async function answer(address, options) {
    let found;
    try {
      found = await fetch(address, { cache: "no-store", ...options });
    } catch {
      throw new Error(LOST);
    }
    if (!(found.headers.get("Content-Type") || "").includes("json")) throw new Error((await found.text()).trim());
    const told = await found.json();
    if (!found.ok) throw new Error(told.message);
    return told;
  }

  const pause = () => new Promise((over) => setTimeout(over, AGAIN_MS));

  // What is being made, and why the last came to nothing: kept here, so that whoever looks at another page meanwhile finds it again.
  let now = { stage: null, trouble: "" };
  const watching = new Set();

  function say(told) {
    now = { ...now, ...told };
    watching.forEach((hear) => hear(now));
  }

  // Brings a file as soon as it is there.
  async function bring(run, name) {
    const at = `/${encodeURIComponent(run)}`;
    await answer(`/reports${at}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" });
    for (;;) {
      const status = await answer(`/reports/jobs${at}`);
      if (status.files.includes(name)) return window.location.assign(`/reports/files${at}/${name}`);
      if (status.state !== "working") throw new Error(status.message || "It came to nothing. Ask for it again.");
      say({ stage: status.stage });
      await pause();
    }
  }

  async function ask(run, name) {
    say({ stage: "", trouble: "" });
    let trouble = "";
    try {
      await bring(run, name);
    } catch (error) {
      trouble = error.message;
    }
    say({ stage: null, trouble });
  }

  function Report({ run, files }) {
    const { useEffect, useState } = window.React;
    const [{ stage, trouble }, hear] = useState(now);
    useEffect(() => {
      watching.add(hear);
      hear(now);
      return () => watching.delete(hear);
    }, []);

    const button = ({ name, word }) =>
      element(
        "button",
        { key: name, type: "button", className: "button quiet", disabled: stage !== null, onClick: () => ask(run, name), "aria-label": `Report as ${word}` },
        element("span", { className: "icon icon-download", "aria-hidden": true }),
        word
      );
    const told = stage === null ? "Report for the meeting" : `${STAGES[stage] || STAGES[""]} …`;
    return element(
      "div",
      { className: "report" },
      element("div", { className: "files" }, element("span", { className: "remark", role: "status" }, told), files.map(button)),
      trouble ? element("p", { className: "trouble", role: "alert" }, trouble) : null
    );
  }

  window.clientele = { ...window.clientele, Report };
})();
