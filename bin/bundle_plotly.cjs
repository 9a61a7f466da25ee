// Makes the Plotly that the pages load: the charts of webapp/figures and no other, 40 % of the whole.
// Called by fetch_assets in a folder where plotly.js, esbuild and what the bundle needs are installed.
const { glsl } = require("esbuild-plugin-glsl");

const entry = `
const Plotly = require("plotly.js/lib/core");
Plotly.register([
  require("plotly.js/lib/bar"),
  require("plotly.js/lib/heatmap"),
  require("plotly.js/lib/sankey"),
  require("plotly.js/lib/scatterpolar"),
  require("plotly.js/lib/treemap"),
  // Compiled beforehand: the usual one writes functions as it runs, which the content security policy forbids.
  require("plotly.js/src/traces/scattergl/strict"),
]);
module.exports = Plotly;
`;

// As plotly.js's own build has it.
require("esbuild").build({
  stdin: { contents: entry, resolveDir: process.cwd() },
  outfile: process.argv[2],
  format: "iife",
  globalName: "Plotly",
  bundle: true,
  minify: true,
  legalComments: "eof",
  plugins: [glsl({ minify: true })],
  loader: { ".css": "empty" }, // of maps with streets, which are not here
  alias: { regl: "@plotly/regl", stream: "stream-browserify" },
  define: { global: "window", "define.amd": "false", "process.env.NODE_DEBUG": "false" },
  target: "es2020",
});
