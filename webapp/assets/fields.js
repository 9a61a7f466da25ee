// Fields whose values go into the address as they are changed, or leave with a form.
(function () {
  const element = (...parts) => window.React.createElement(...parts);
  const PAUSE_MS = 250;

  function write(name, value, standard) {
    const params = new URLSearchParams(window.location.search);
    if (value === "" || value === String(standard)) params.delete(name);
    else params.set(name, value);
    const written = params.toString();
    window.dash_clientside.set_props("address", { search: written ? `?${written}` : "" });
  }

  function Field({ field, id }) {
    const { useEffect, useRef } = window.React;
    const input = useRef(null);
    const timer = useRef(null);
    // The address may be changed by others: by going back, or by a link.
    useEffect(() => {
      function follow({ detail }) {
        clearTimeout(timer.current);
        const value = new URLSearchParams(detail ?? window.location.search).get(field.name) ?? field.standard;
        if (field.is_live && input.current !== document.activeElement) input.current.value = value;
      }
      window.addEventListener("popstate", follow);
      document.addEventListener("addressed", follow);
      return () => {
        clearTimeout(timer.current);
        window.removeEventListener("popstate", follow);
        document.removeEventListener("addressed", follow);
      };
    }, [field.name, field.standard]);

    function changed(event) {
      const { target } = event;
      clearTimeout(timer.current);
      if (!field.is_live || !target.checkValidity()) return;
      const path = window.location.pathname;
      // What was typed on one page is none of the next one's.
      timer.current = setTimeout(() => path === window.location.pathname && write(field.name, target.value, field.standard), PAUSE_MS);
    }

    const shared = { id, ref: input, name: field.name, className: "form-control", defaultValue: field.value, onChange: changed };
    const bounds = { min: field.least ?? undefined, max: field.most ?? undefined, step: field.step };
    const control =
      field.kind === "choice"
        ? element("select", shared, field.options.map(([word, value]) => element("option", { key: value, value }, word)))
        : field.kind === "number"
          ? element("input", { ...shared, ...bounds, type: "number", inputMode: "decimal", required: true })
          : element("input", { ...shared, type: "text", maxLength: field.most ?? undefined, required: true, autoComplete: "off" });
    return element("div", { className: field.kind === "text" ? "field wide" : "field" }, element("label", { htmlFor: id }, field.label), control);
  }

  function Fields({ fields, action, button }) {
    const own = window.React.useId();
    const all = fields.map((field) => element(Field, { key: field.name, field, id: `${own}${field.name}` }));
    if (!action) return element("div", { className: "fields" }, all);
    const send = element("button", { type: "submit", className: "button strong", key: "send" }, button);
    return element("form", { className: "fields", action, method: "post" }, all, send);
  }

  window.clientele = { ...window.clientele, Fields };
})();
