// What the browser does by itself: the address and the filters keep in step, the map selects, the theme switches.
(function () {
  const MOST_CORNERS = 60;
  // Dash brings this when it starts, after this file.
  const none = () => window.dash_clientside.no_update;

  const text = (value) => (value === null || value === undefined || value === "" ? "" : String(value));
  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

  // The value of one control as the address has it.
  function fromAddress(id, params) {
    if (id.end === "list") return params.getAll(id.filter);
    const [low, high] = text(params.get(id.filter)).split("~");
    const bound = id.end === "low" ? low : high;
    return bound === undefined || bound === "" ? null : Number(bound);
  }

  function words(name, params) {
    const chosen = params.getAll(name);
    if (chosen.length === 0) return "";
    if (chosen[0].includes("~")) {
      const [low, high] = chosen[0].split("~");
      return low === "" ? `≤ ${high}` : high === "" ? `≥ ${low}` : `${low} to ${high}`;
    }
    return chosen.length === 1 && name !== "cluster" ? chosen[0] : String(chosen.length);
  }

  function toAddress(search, values, ids) {
    const params = new URLSearchParams(search || "");
    const bounds = {};
    ids.forEach((id, at) => {
      if (id.end === "list") {
        params.delete(id.filter);
        (values[at] || []).forEach((value) => params.append(id.filter, value));
      } else {
        bounds[id.filter] = { ...bounds[id.filter], [id.end]: text(values[at]) };
      }
    });
    Object.entries(bounds).forEach(([name, { low, high }]) => {
      params.delete(name);
      if (low !== "" || high !== "") params.set(name, `${low}~${high}`);
    });
    params.delete("page");
    return params;
  }

  function sync(search, values, ids, chosenIds) {
    const by = window.dash_clientside.callback_context.triggered_id;
    const touched = by !== null && typeof by === "object" && by.filter !== undefined;
    const params = touched ? toAddress(search, values, ids) : new URLSearchParams(search || "");
    const chosen = chosenIds.map((id) => words(id.chosen, params));
    if (touched) {
      const before = new URLSearchParams(search || "");
      // The page of the list is that of these filters: it stays when they do.
      before.delete("page");
      const written = params.toString();
      return [written === before.toString() ? none() : written ? `?${written}` : "", ids.map(() => none()), chosen];
    }
    const wanted = ids.map((id) => fromAddress(id, params));
    return [none(), wanted.map((value, at) => (same(value, values[at] ?? (ids[at].end === "list" ? [] : null)) ? none() : value)), chosen];
  }

  function switchTheme() {
    const theme = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
    document.documentElement.dataset.bsTheme = theme;
    document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
    return theme;
  }

  // A page has come: its title, its place in the rail, and the top of it.
  let shown = null;
  function arrive(title, path) {
    document.title = title;
    document.querySelectorAll(".rail .places a").forEach((link) => {
      const own = new URL(link.href).pathname;
      const here = own === path || (own !== "/" && path.startsWith(`${own}/`));
      if (here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    });
    if (shown !== null && shown !== path) {
      window.scrollTo(0, 0);
      document.getElementById("page").focus({ preventScroll: true });
      // Not on the first page: a reader may have begun to type before it came.
      closeSearch();
    }
    shown = path;
    return none();
  }

  window.dash_clientside = window.dash_clientside || {};
  window.dash_clientside.clientele = { sync, switchTheme, arrive };

  const go = (props) => window.dash_clientside.set_props("address", props);

  // Where a link leads to; what was typed since it was drawn, and what it keeps, stays as it is now.
  function addressOf(link) {
    const at = new URL(link.href);
    const kept = link.closest("[data-kept]")?.dataset.kept;
    if (!kept) return at;
    const value = new URLSearchParams(window.location.search).get(kept);
    if (value === null) at.searchParams.delete(kept);
    else at.searchParams.set(kept, value);
    return at;
  }

  // Links within the pages change the address and leave the frame as it is; the lookup and files are somewhere else.
  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest("a[href^='/']");
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey && !event.defaultPrevented;
    if (!link || !plain || link.hasAttribute("download") || link.target || /^\/(lookup|download)\//.test(link.getAttribute("href"))) return;
    event.preventDefault();
    const at = addressOf(link);
    go({ href: at.pathname + at.search + at.hash });
    // Fields show what the address says: it will be this one.
    document.dispatchEvent(new CustomEvent("addressed", { detail: at.search }));
  });

  // The map: a lasso or a box goes into the address, a click opens the record.

  function corners(event) {
    if (event.lassoPoints) {
      const { x, y } = event.lassoPoints;
      const drawn = unclosed(x.map((value, at) => [value, y[at]]));
      const step = Math.ceil(drawn.length / MOST_CORNERS);
      return drawn.filter((_, at) => at % step === 0);
    }
    if (!event.range) return [];
    const [left, right] = event.range.x;
    const [low, high] = event.range.y;
    return [[left, low], [right, low], [right, high], [left, high]];
  }

  // A shape without the corner that it ends where it began.
  function unclosed(shape) {
    const [first, last] = [shape[0], shape[shape.length - 1]];
    return shape.length > 1 && same(first, last) ? unclosed(shape.slice(0, -1)) : shape;
  }

  const written = (shape) => shape.map((corner) => corner.map((number) => number.toFixed(3)).join("_")).join(",");
  const read = (area) => unclosed(area ? area.split(",").map((corner) => corner.split("_").map(Number)) : []);

  function select(event) {
    const params = new URLSearchParams(window.location.search);
    const area = event ? corners(event) : [];
    if (event && area.length < 3) return;
    // Plotly tells of a shape whenever it draws it, of ours as of the reader's.
    if (written(area) === written(read(params.get("area")))) return;
    if (area.length) params.set("area", written(area));
    else params.delete("area");
    params.delete("page");
    go({ search: params.toString() ? `?${params}` : "" });
  }

  function open(event) {
    const id = event.points && event.points[0] && event.points[0].customdata;
    const name = window.location.pathname.split("/").filter(Boolean);
    const dataset = name[0] === "customers" ? name[1] : name[0];
    if (typeof id === "string" && dataset) go({ href: `/customers/${dataset}/${encodeURIComponent(id)}` });
  }

  // The map of a crowd is an image: where the reader zooms in, smaller cells are asked for, and again when other customers are shown.
  let waiting = null;
  function zoom(plot) {
    const { xaxis, yaxis, images } = plot._fullLayout;
    const state = window.clientele;
    const whole = plot.closest("#map") && images && images.length ? state.whole : null;
    if (!whole) return;
    const [left, right, low, high] = [...xaxis.range, ...yaxis.range];
    const closer = Math.min((right - left) / (whole[2] - whole[0]), (high - low) / (whole[3] - whole[1])) < 0.95;
    if (!closer && !state.zoomed) return;
    state.zoomed = closer;
    const data = { search: window.location.search, part: closer ? [left, low, right, high] : null };
    clearTimeout(waiting);
    waiting = setTimeout(() => window.dash_clientside.set_props("map-zoom", { data }), 120);
  }
  document.addEventListener("narrowed", () => {
    const plot = document.querySelector("#map .js-plotly-plot");
    if (plot && plot._fullLayout && window.clientele.zoomed) zoom(plot);
  });

  // Charts are drawn by Plotly when they like; each gets its listeners once.
  const heard = new WeakSet();
  function listen() {
    document.querySelectorAll("#map .js-plotly-plot, #map-here .js-plotly-plot, #beside .js-plotly-plot").forEach((plot) => {
      if (heard.has(plot) || !plot.on) return;
      heard.add(plot);
      plot.on("plotly_click", open);
      if (!plot.closest("#map")) return;
      plot.on("plotly_selected", (event) => event && select(event));
      plot.on("plotly_deselect", () => select(null));
      plot.on("plotly_relayout", () => zoom(plot));
    });
  }
  new MutationObserver(listen).observe(document.documentElement, { childList: true, subtree: true });

  // Panels of filters and the list below the search box close when the reader turns elsewhere.
  function closeSearch() {
    const box = document.getElementById("search");
    if (box && box.value) window.dash_clientside.set_props("search", { value: "" });
  }
  document.addEventListener("click", (event) => {
    document.querySelectorAll("details.filter[open]").forEach((panel) => {
      if (!panel.contains(event.target)) panel.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const panel = document.querySelector("details.filter[open]");
      if (panel) {
        panel.open = false;
        panel.querySelector("summary").focus();
      }
      closeSearch();
    }
    // From the box into the list below it, and along it.
    const list = [...document.querySelectorAll("#search-results a")];
    const at = list.indexOf(document.activeElement);
    const inside = at >= 0 || document.activeElement === document.getElementById("search");
    if (inside && list.length && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      const next = at + (event.key === "ArrowDown" ? 1 : -1);
      (next < 0 ? document.getElementById("search") : list[Math.min(next, list.length - 1)]).focus();
    }
  });
})();
