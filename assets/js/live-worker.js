// One stream of events for all tabs of this browser. An event says what kind of thing happened to which id; no words of
// anyone pass here. Each tab fetches what it shows under its own rights.
const ports = new Set()
let source = null
let state = 'opening'

const tell = (message) => ports.forEach((port) => port.postMessage(message))

function open(url) {
  source?.close()
  source = new EventSource(url)
  source.onopen = () => { state = 'open'; tell({ state }) }
  source.onerror = () => {
    // Closed for good means that the session ended or the server refused; anything else reconnects by itself.
    state = source.readyState === EventSource.CLOSED ? 'ended' : 'waiting'
    tell({ state })
  }
  source.onmessage = (event) => tell({ data: event.data })
  source.addEventListener('again', () => tell({ again: true }))
}

onconnect = ({ ports: [port] }) => {
  ports.add(port)
  port.onmessage = ({ data }) => {
    if (data.bye) {
      ports.delete(port)
      if (!ports.size) { source?.close(); source = null }
    } else if (data.open) {
      if (!source || source.readyState === EventSource.CLOSED) open(data.open)
      else port.postMessage({ state })
    }
  }
  port.start()
}
