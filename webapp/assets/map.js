// The map that filters narrow: all its points come once, and then a bit for each says whether it is shown.
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

  function narrowed(figure, shown) {
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
    const annotations = figure.layout.annotations.filter((label) => names.has(label.name));
    return { data, layout: { ...figure.layout, annotations, ...shown.layout } };
  }

  // What Plotly tells on hovering and clicking is of no use to Dash: clientele.js listens itself.
  const nobody = () => {};

  function Map({ figure, shown, drawn, ...rest }) {
    const { createElement, useEffect, useMemo } = window.React;
    const whole = useMemo(() => unpacked(figure), [figure]);
    const seen = useMemo(() => narrowed(whole, shown), [whole, shown]);
    useEffect(() => void document.dispatchEvent(new Event("narrowed")), [shown]);
    return createElement(window.dash_core_components.Graph, { ...rest, figure: seen, setProps: nobody });
  }

  window.clientele = { ...window.clientele, Map };
})();
