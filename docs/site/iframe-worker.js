// A browser starts no worker for a page that was opened as a file. The search is one: here it runs in a frame instead.
if (location.protocol === "file:") {
  const WORKER = `
    const told = parent.postMessage.bind(parent)
    window.postMessage = message => told(message, "*")
    window.importScripts = (...names) => names.reduce((before, name) => before.then(() => new Promise((done, failed) => {
      const script = document.createElement("script")
      Object.assign(script, { src: name, onload: done, onerror: failed })
      document.body.appendChild(script)
    })), Promise.resolve())
  `
  window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      this.onmessage = null
      this.frame = document.createElement("iframe")
      this.frame.hidden = true
      this.loaded = new Promise(done => this.frame.addEventListener("load", done, { once: true }))
      const address = String(url).replace(/&/g, "&amp;").replace(/"/g, "&quot;")
      this.frame.srcdoc = `<body><script>${WORKER}<\/script><script src="${address}"><\/script></body>`
      document.body.appendChild(this.frame)
      window.addEventListener("message", event => {
        if (event.source !== this.frame.contentWindow) return
        const message = new MessageEvent("message", { data: event.data })
        this.dispatchEvent(message)
        if (this.onmessage) this.onmessage(message)
      })
    }
    postMessage(data) { // in their order, once what takes them is there
      this.loaded.then(() => this.frame.contentWindow.dispatchEvent(new MessageEvent("message", { data })))
    }
    terminate() { this.frame.remove() }
  }
}
