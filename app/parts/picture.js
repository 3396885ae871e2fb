// The picture of a chart is made by the chart's own export, asked for through its own button, which the page keeps out of sight.
// For the moment in which the export copies the layout, that layout carries the title, where the numbers come from, and a white ground.
const ABOVE = 76 // pixels for the title and the lines below it
const NARROWEST = 960

export default function ({ data, parentElement }) {
  for (const kind of ["png", "svg"]) {
    parentElement.querySelector("." + kind).onclick = () => save(kind, data)
  }
}

function save(kind, { chart, stem, title, origin, template }) {
  const plot = document.querySelector(`.st-key-${CSS.escape(chart)} .js-plotly-plot`)
  const { layout } = plot
  const margin = layout.margin ?? {}
  const printed = {
    template,
    title: { text: title, subtitle: { text: origin }, x: 0, xref: "paper", y: 1, yref: "container", yanchor: "top", pad: { t: 14 } },
    margin: { ...margin, t: (margin.t ?? 0) + ABOVE },
  }
  const before = Object.fromEntries(Object.keys(printed).map((part) => [part, layout[part]]))
  plot._context.toImageButtonOptions = {
    format: kind,
    filename: stem,
    width: Math.max(plot.clientWidth, NARROWEST),
    height: plot.clientHeight + ABOVE,
    scale: kind === "png" ? 2 : 1,
  }
  Object.assign(layout, printed)
  plot.querySelector(".modebar-btn").click()
  Object.assign(layout, before)
}
