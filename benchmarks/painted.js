// When the page last painted what a planner reads, and what that shows; benchmarks/browser.py asks for both.
//   began    the last press of a key or release of the pointer
//   painted  the end of the last frame in which a map was drawn, or a chart, a key figure or a heading was changed
// Times are in milliseconds of this page's clock.
(() => {
  const READ = ".js-plotly-plot, [data-testid=stMetric], h1, h3"
  const seen = (window.seen = { began: 0, painted: 0, content })

  for (const kind of ["pointerup", "keydown"]) {
    addEventListener(kind, () => (seen.began = performance.now()), true)
  }

  // A task that is posted when a frame is about to be painted runs once it was.
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => (seen.painted = performance.now())
  const changed = () => requestAnimationFrame(() => port2.postMessage(0))

  new MutationObserver((records) => {
    const parts = records.flatMap(({ target, addedNodes }) => [target, ...addedNodes])
    const elements = parts.map((part) => (part.nodeType === Node.ELEMENT_NODE ? part : part.parentElement))
    if (elements.some((one) => one?.closest(READ) || one?.querySelector(READ))) changed()
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true })

  for (const name of ["drawArrays", "drawElements", "drawArraysInstanced", "drawElementsInstanced"]) {
    const draw = WebGL2RenderingContext.prototype[name]
    WebGL2RenderingContext.prototype[name] = function (...given) {
      changed()
      return draw.apply(this, given)
    }
  }

  // Without this a map's picture cannot be read back once it is on the screen.
  const context = HTMLCanvasElement.prototype.getContext
  HTMLCanvasElement.prototype.getContext = function (kind, options) {
    return context.call(this, kind, kind.startsWith("webgl") ? { ...options, preserveDrawingBuffer: true } : options)
  }

  function content() {
    const all = (selector) => [...document.querySelectorAll(`[data-testid=stMain] ${selector}`)]
    return {
      maps: all("[data-testid=stDeckGlJsonChart] canvas").map((canvas) => canvas.toDataURL()).join(),
      charts: all(".js-plotly-plot path").map((path) => path.getAttribute("d")).join(),
      figures: all("[data-testid=stMetric]").map((figure) => figure.innerText).join(),
    }
  }
})()
