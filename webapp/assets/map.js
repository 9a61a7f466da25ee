// The map that filters narrow: all its points come once, and then a bit for each says whether it is shown. Of a crowd an image comes,
// and the points of its rarest clusters.
(function () {
  const bytes = ({ bdata }) => Uint8Array.from(atob(bdata), (character) => character.charCodeAt(0));
  // Numbers come as the bytes of float32.
  const column = (values) => (values && values.bdata ? new Float32Array(bytes(values).buffer) : values);

  function unpacked(figure) {
    const data = figure.data.map((trace) => ({
      ...trace,
      x: column(trace.x),
      y: column(trace.y),
      marker: { ...trace.marker, color: column(trace.marker.color) },
    }));
    return { ...figure, data };
  }

  // On a phone names take up half the map: of those that would overlap, the one of the larger cluster, which comes first, stays.
  function apart(labels, span) {
    if (!window.matchMedia("(max-width: 640px)").matches) return labels;
    const [width, height] = [0.6 * span("x"), 0.12 * span("y")];
    const kept = [];
    for (const label of labels) {
      if (kept.every((other) => Math.abs(label.x - other.x) > width || Math.abs(label.y - other.y) > height)) kept.push(label);
    }
    return kept;
  }

  const spanOf = (traces) => (axis) => {
    let [low, high] = [Infinity, -Infinity];
    for (const trace of traces) for (const value of trace[axis]) [low, high] = [Math.min(low, value), Math.max(high, value)];
    return high - low;
  };

  function placed({ layout }, shown) {
    const span = (axis) => layout[`${axis}axis`].range[1] - layout[`${axis}axis`].range[0];
    const labels = layout.annotations.filter((label) => shown.names.includes(label.name));
    const plot = document.querySelector("#map .js-plotly-plot");
    const state = window.clientele;
    state.whole = shown.whole;
    state.zoomed = Boolean(state.zoomed && plot && plot._fullLayout);
    // Where the reader is stays; Plotly itself would not know it again once it has fitted the map into its box. A copy: it writes into it.
    const axis = (name) => ({ ...layout[name], range: [...(state.zoomed ? plot._fullLayout : layout)[name].range] });
    const axes = { xaxis: axis("xaxis"), yaxis: axis("yaxis") };
    return { data: shown.traces, layout: { ...layout, ...axes, annotations: apart(labels, span), ...shown.layout } };
  }

  function narrowed(figure, shown) {
    if (shown.traces) return placed(figure, shown);
    const bits = shown.bits && bytes(shown.bits);
    let first = 0;
    const traces = figure.data.map((trace) => {
      const chosen = [];
      for (let at = 0; at < trace.x.length; at++, first++) {
        if (!bits || bits[first >> 3] & (128 >> (first & 7))) chosen.push(at);
      }
      const pick = (values) => {
        if (ArrayBuffer.isView(values)) return Float32Array.from(chosen, (at) => values[at]);
        return Array.isArray(values) ? chosen.map((at) => values[at]) : values;
      };
      const { x, y, customdata, text, marker } = trace;
      return { ...trace, x: pick(x), y: pick(y), customdata: pick(customdata), text: pick(text), marker: { ...marker, color: pick(marker.color) } };
    });
    const data = traces.filter((trace) => trace.x.length > 0);
    const names = new Set(data.map((trace) => trace.name));
    const annotations = apart(figure.layout.annotations.filter((label) => names.has(label.name)), spanOf(figure.data));
    return { data, layout: { ...figure.layout, annotations, ...shown.layout } };
  }

  // What Plotly tells on hovering and clicking is of no use to Dash: clientele.js listens itself.
  const nobody = () => {};

  function Map({ figure, shown, closer, drawn, ...rest }) {
    const { createElement, useEffect, useMemo } = window.React;
    const whole = useMemo(() => unpacked(figure), [figure]);
    // A closer look at other customers than those that are shown by now came too late.
    const now = closer && closer.search === shown.search ? closer : shown;
    const seen = useMemo(() => narrowed(whole, now), [whole, now]);
    useEffect(() => void document.dispatchEvent(new Event("narrowed")), [shown]);
    return createElement(window.dash_core_components.Graph, { ...rest, figure: seen, setProps: nobody });
  }

  window.clientele = { ...window.clientele, Map };
})();
