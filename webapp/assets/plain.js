// Text, links and tables as one component: the page's parts that Dash need not know, see components/plain.py.
(function () {
  function draw(content, key) {
    if (Array.isArray(content)) return content.map(draw);
    if (content === null || typeof content !== "object") return content;
    const { children, ...properties } = content.props;
    const kind = content.namespace === "clientele" ? window.clientele[content.type] : content.type.toLowerCase();
    const inner = children === undefined || children === null ? [] : Array.isArray(children) ? children.map(draw) : [draw(children)];
    return window.React.createElement(kind, { ...properties, key }, ...inner);
  }

  window.clientele = { ...window.clientele, Plain: ({ content }) => draw(content) };
})();
