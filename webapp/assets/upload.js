// A file on its way, to be scored or as outcomes: it is sent, and then asked after until it is done. What came of it is the page's to say.
(function () {
  const element = (...parts) => window.React.createElement(...parts);
  const STAGES = { reading: "Reading the file", checking: "Checking its rows", features: "Measuring its customers", writing: "Writing the results" };
  const AGAIN_MS = 400;

  // The state is there to make the address another one: the page is drawn again when that changes.
  function show(kept, job, state) {
    const search = `?${new URLSearchParams({ ...kept, scored: job, ...(state ? { state } : {}) })}`;
    // Going back leads to the page before the file was sent, not to the time when it was worked on.
    if (state) window.history.replaceState(null, "", search);
    window.dash_clientside.set_props("address", { search });
  }

  function bar(words, share) {
    return element(
      "div",
      { className: "progressing", role: "status" },
      element("span", null, words),
      element("progress", { max: 1, value: share, "aria-label": words })
    );
  }

  // Sends a file, and puts its job into the address.
  function Upload({ to, kept, accepts, most, otherwise }) {
    const { useEffect, useRef, useState } = window.React;
    const [sent, setSent] = useState(null); // share of the file, while it is sent
    const [trouble, setTrouble] = useState("");
    const [over, setOver] = useState(false);
    const request = useRef(null);
    useEffect(() => () => request.current && request.current.abort(), [to]);

    function fail(message) {
      setSent(null);
      setTrouble(message);
    }

    function send([file, another]) {
      if (!file) return;
      setTrouble("");
      if (another) return fail("One file at a time. Send the others afterwards.");
      const limit = `${Math.floor(most / 1e6)} MB`;
      if (file.size > most) return fail(`${file.name} is larger than ${limit}, the most that is taken here. ${otherwise}`);
      const form = new FormData();
      form.append("file", file);
      const sending = (request.current = new XMLHttpRequest());
      sending.open("POST", to);
      sending.responseType = "json";
      sending.upload.onprogress = (event) => event.lengthComputable && setSent(event.loaded / event.total);
      sending.onabort = () => setSent(null);
      sending.onerror = () => fail("The file could not be sent. Check the connection and send it again.");
      sending.onload = () => {
        if (sending.status === 202) {
          setSent(null);
          show(kept, sending.response.id);
        } else if (sending.status === 401) window.location.reload();
        else if (sending.status === 413) fail(`The file is larger than ${limit}, the most that is taken here.`);
        else fail((sending.response && sending.response.message) || `The server answered ${sending.status}. Send the file again.`);
      };
      setSent(0);
      sending.send(form);
    }

    if (sent !== null) return bar(sent < 1 ? `Sending, ${Math.round(sent * 100)} %` : "Sent", sent);
    const drop = {
      onDragOver: (event) => (event.preventDefault(), setOver(true)),
      onDragLeave: () => setOver(false),
      onDrop: (event) => (event.preventDefault(), setOver(false), send(event.dataTransfer.files)),
    };
    const input = element("input", {
      type: "file",
      accept: accepts,
      className: "visually-hidden",
      onChange: (event) => {
        send(event.target.files);
        event.target.value = ""; // the same file may be chosen again
      },
    });
    return element(
      "div",
      null,
      element(
        "label",
        { className: over ? "drop over" : "drop", ...drop },
        input,
        element("span", { className: "icon icon-upload", "aria-hidden": true }),
        element("span", null, element("strong", null, "Choose a file"), ", or drop it here")
      ),
      trouble ? element("p", { className: "trouble", role: "alert" }, trouble) : null
    );
  }

  // Asks after a job until it is over, and has the page drawn again then.
  function Waiting({ kept, job }) {
    const { useEffect, useState } = window.React;
    const [stage, setStage] = useState("");
    useEffect(() => {
      let timer = null;
      let gone = false;
      async function ask() {
        let state = "gone";
        try {
          const answer = await fetch(`/scoring/jobs/${encodeURIComponent(job)}`);
          if (answer.status !== 404) {
            const status = await answer.json();
            state = status.state;
            setStage(status.stage);
          }
        } catch {
          state = "working"; // not reached, or in trouble: it may be well again
        }
        if (gone) return;
        if (state === "working") timer = setTimeout(ask, AGAIN_MS);
        else show(kept, job, state);
      }
      ask();
      document.getElementById("scored").scrollIntoView({ block: "nearest" });
      return () => {
        gone = true;
        clearTimeout(timer);
      };
    }, [job]);
    const at = Object.keys(STAGES).indexOf(stage);
    return bar(STAGES[stage] || "Waiting for its turn", at < 0 ? undefined : (at + 0.5) / Object.keys(STAGES).length);
  }

  window.clientele = { ...window.clientele, Upload, Waiting };
})();
