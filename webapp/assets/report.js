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
    if (found.status === 401) window.location.reload();
    if (!(found.headers.get("Content-Type") || "").includes("json")) throw new Error((await found.text()).trim());
    const told = await found.json();
    if (!found.ok) throw new Error(told.message);
    return told;
  }

  const pause = () => new Promise((over) => setTimeout(over, AGAIN_MS));

  // Brings a file as soon as it is there; `say` hears the stage meanwhile, `left` whether anybody still waits.
  async function bring(run, name, say, left) {
    const at = `/${encodeURIComponent(run)}`;
    await answer(`/reports${at}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" });
    while (!left()) {
      const status = await answer(`/reports/jobs${at}`);
      if (status.files.includes(name)) {
        window.location.assign(`/reports/files${at}/${name}`);
        return;
      }
      if (status.state !== "working") throw new Error(status.message || "It came to nothing. Ask for it again.");
      say(status.stage);
      await pause();
    }
  }

  function Report({ run, files }) {
    const { useEffect, useRef, useState } = window.React;
    const [stage, setStage] = useState(null); // of what is being made, while it is
    const [trouble, setTrouble] = useState("");
    const gone = useRef(false);
    useEffect(() => {
      gone.current = false;
      return () => (gone.current = true);
    }, []);

    async function ask(name) {
      setTrouble("");
      setStage("");
      try {
        await bring(run, name, setStage, () => gone.current);
      } catch (error) {
        setTrouble(error.message);
      }
      setStage(null);
    }

    const button = ({ name, word }) =>
      element(
        "button",
        { key: name, type: "button", className: "button quiet", disabled: stage !== null, onClick: () => ask(name), "aria-label": `Report as ${word}` },
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
