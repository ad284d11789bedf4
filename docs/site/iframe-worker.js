// A browser starts no worker for a page that was opened as a file. The search is one: here it runs in a frame instead.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      this.onmessage = this.onerror = null
      this.frame = document.createElement("iframe")
      this.frame.hidden = true
      this.ready = new Promise(resolve => { this.frame.onload = resolve })
      this.frame.src = "about:blank"
      document.body.appendChild(this.frame)
      const inside = this.frame.contentWindow
      const told = event => {
        if (event.source !== inside) return
        const message = new MessageEvent("message", { data: event.data })
        this.dispatchEvent(message)
        if (this.onmessage) this.onmessage(message)
      }
      window.addEventListener("message", told)
      const lines = [
        "const told = parent.postMessage.bind(parent)",
        "window.postMessage = message => told(message, '*')",
        "window.importScripts = (...names) => names.reduce((before, name) => before.then(() => new Promise((done, gone) => {",
        "  const script = document.createElement('script')",
        "  script.src = name; script.onload = done; script.onerror = gone; document.body.appendChild(script)",
        "})), Promise.resolve())",
      ].join("\n")
      inside.document.open()
      inside.document.write(`<body><script>${lines}<\/script><script src="${url}"><\/script></body>`)
      inside.document.close()
      this.inside = inside
    }
    postMessage(data) {
      const arrive = () => this.inside.dispatchEvent(new MessageEvent("message", { data, source: parent }))
      if (this.inside.document.readyState === "complete") arrive()
      else this.inside.addEventListener("load", arrive)
    }
    terminate() { this.frame.remove() }
  }
}
