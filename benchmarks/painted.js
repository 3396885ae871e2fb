// When the page last painted what a planner reads, and what that shows; benchmarks/browser.py asks for both.
//   began    the last press of a key or release of the pointer
//   asked    the last time that the page asked the server for a run of its script
//   heard    the last time that the server said anything
//   painted  the end of the last frame in which a map was drawn, or a chart, a key figure, a heading or a message was changed
// Times are in milliseconds of this page's clock.
(() => {
  const READ = ".js-plotly-plot, [data-testid=stMetric], [data-testid=stAlert], h1, h3"
  const RERUN = (11 << 3) | 2 // the first byte of a message to the server that asks for a run: the tag of its field in Streamlit's protocol
  const seen = (window.seen = { began: 0, asked: 0, heard: 0, painted: 0, content, atRest })

  for (const kind of ["pointerup", "keydown"]) {
    addEventListener(kind, () => (seen.began = performance.now()), true)
  }

  const sockets = new WeakSet()
  const send = WebSocket.prototype.send
  WebSocket.prototype.send = function (message) {
    if (!sockets.has(this)) this.addEventListener("message", () => (seen.heard = performance.now()))
    sockets.add(this)
    if (new Uint8Array(message.buffer ?? message, message.byteOffset, 1)[0] === RERUN) seen.asked = performance.now()
    return send.call(this, message)
  }

  // A task that is posted when a frame is about to be painted runs once it was. Maps are painted by another process: reading a pixel
  // back waits for it.
  const drawn = new Set()
  const pen = new OffscreenCanvas(1, 1).getContext("2d")
  const { port1, port2 } = new MessageChannel()
  port1.onmessage = () => {
    for (const canvas of drawn) {
      pen.drawImage(canvas, 0, 0, 1, 1)
      pen.getImageData(0, 0, 1, 1)
    }
    drawn.clear()
    seen.painted = performance.now()
  }
  const changed = () => requestAnimationFrame(() => port2.postMessage(0))

  new MutationObserver((records) => {
    const within = (node) => (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement)?.closest(READ)
    const around = (node) => node.nodeType === Node.ELEMENT_NODE && (node.matches(READ) || node.querySelector(READ))
    if (records.some(({ target, addedNodes }) => within(target) || [...addedNodes].some(around))) changed()
  }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true })

  for (const name of ["drawArrays", "drawElements", "drawArraysInstanced", "drawElementsInstanced"]) {
    const draw = WebGL2RenderingContext.prototype[name]
    WebGL2RenderingContext.prototype[name] = function (...given) {
      drawn.add(this.canvas)
      changed()
      return draw.apply(this, given)
    }
  }

  // Without this a map's picture cannot be read back once it is on the screen.
  const context = HTMLCanvasElement.prototype.getContext
  HTMLCanvasElement.prototype.getContext = function (kind, options) {
    return context.call(this, kind, kind.startsWith("webgl") ? { ...options, preserveDrawingBuffer: true } : options)
  }

  const all = (selector) => [...document.querySelectorAll(`[data-testid=stMain] ${selector}`)]
  const maps = () => all("[data-testid=stDeckGlJsonChart] canvas")

  // For some time nothing was pressed, asked, heard or painted, the server has answered and is not at work, and every map shows something
  // at the size of its place. Less will not do on a busy machine: a page stands still before its run begins, and between two of them.
  function atRest(quiet) {
    const ended = document.querySelector("[data-testid=stApp]")?.dataset.testScriptState === "notRunning"
    const latest = Math.max(seen.began, seen.asked, seen.heard, seen.painted)
    const still = seen.painted > 0 && performance.now() - latest > quiet
    return ended && still && seen.heard >= seen.asked && maps().every(shown)
  }

  function shown(canvas) {
    const small = new OffscreenCanvas(64, 64).getContext("2d")
    small.drawImage(canvas, 0, 0, 64, 64)
    const fits = Math.abs(canvas.width - canvas.clientWidth * devicePixelRatio) < 2
    return fits && small.getImageData(0, 0, 64, 64).data.some((part) => part > 0)
  }

  function content() {
    return {
      maps: maps().filter(shown).map((canvas) => canvas.toDataURL()).join(),
      charts: all(".js-plotly-plot path").map((path) => path.getAttribute("d")).join(),
      figures: all("[data-testid=stMetric]").map((figure) => figure.innerText).join(),
    }
  }
})()
