// What `netsplit doctor --hosts` runs for a moment in a container on each host: it listens, dials and looks as it is told, line by
// line of JSON over its input, and ends with that. It answers nobody who does not know the word that the run has drawn.

const { createServer, connect } = require('node:net')
const { createSocket } = require('node:dgram')
const { readFileSync } = require('node:fs')
const { networkInterfaces } = require('node:os')
const { createInterface } = require('node:readline')

const UDP_EVERY_MS = 200
const [word = ''] = process.argv.slice(-1)
/** By UDP: who has come through, whether or not our answer came back. */
const heard = new Set()

const orders = {
  /** The time, what memory is left, and the interfaces with their addresses and MTU. */
  look() {
    const interfaces = Object.entries(networkInterfaces()).map(([name, all]) => ({
      name,
      mtu: Number(read(`/sys/class/net/${name}/mtu`)) || undefined,
      addresses: (all ?? []).filter(({ internal }) => !internal).map(({ address }) => address),
    }))
    const [, kilobytes] = /^MemAvailable:\s+(\d+) kB/m.exec(read('/proc/meminfo')) ?? []
    return { nowMs: Date.now(), freeBytes: kilobytes && Number(kilobytes) * 1024, interfaces }
  },

  /** What of these it could open: null, or why not. */
  async listen({ tcp = [], udp = [] }) {
    const opened = {}
    await Promise.all([
      ...tcp.map(async port => {
        opened[`${port}/tcp`] = await listenTcp(port)
      }),
      ...udp.map(async port => {
        opened[`${port}/udp`] = await listenUdp(port)
      }),
    ])
    return { opened }
  },

  /** Tags of what was dialled here by UDP. */
  heard: () => ({ tags: [...heard] }),

  /** Null when it came through and, with `echo`, came back whole; else why not. */
  async dial({ protocol, ...wish }) {
    return { why: await (protocol === 'udp' ? dialUdp : dialTcp)(wish) }
  },
}

function read(file) {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function listenTcp(port) {
  return new Promise(resolve => {
    const server = createServer(socket => {
      let begun = ''
      socket.on('error', () => {})
      socket.on('data', part => {
        if (begun.length < word.length) begun += part.toString('latin1')
        if (begun.startsWith(word) || word.startsWith(begun)) socket.write(part)
        else socket.destroy()
      })
      socket.on('end', () => socket.end())
    })
    server.once('error', ({ code }) => resolve(code))
    server.listen(port, () => resolve(null))
  })
}

function listenUdp(port) {
  return new Promise(resolve => {
    const socket = createSocket({ type: 'udp4' })
    socket.once('error', ({ code }) => resolve(code))
    socket.on('message', (message, { address, port }) => {
      const [said, tag] = message.toString('utf8').split(' ')
      if (said !== word) return
      heard.add(tag)
      socket.send(message, port, address)
    })
    socket.bind(port, () => resolve(null))
  })
}

function dialTcp({ host, port, echo, bytes = 0, timeoutMs }) {
  return new Promise(resolve => {
    const socket = connect({ host, port, timeout: timeoutMs })
    const wanted = word.length + bytes
    let back = 0
    const end = why => {
      socket.destroy()
      resolve(why)
    }
    socket.once('error', ({ code }) => end(code))
    socket.once('timeout', () =>
      end(socket.connecting ? 'no answer' : `${back} of ${wanted} bytes came back`),
    )
    socket.once('close', () => end('it was closed'))
    socket.once('connect', () => {
      if (!echo) return end(null)
      socket.write(word)
      if (bytes > 0) socket.write(Buffer.alloc(bytes))
    })
    socket.on('data', part => {
      back += part.length
      if (back >= wanted) end(null)
    })
  })
}

function dialUdp({ host, port, tag, timeoutMs }) {
  return new Promise(resolve => {
    const socket = createSocket({ type: host.includes(':') ? 'udp6' : 'udp4' })
    const text = `${word} ${tag}`
    const send = () => socket.send(text, port, host, () => {})
    const again = setInterval(send, UDP_EVERY_MS)
    const late = setTimeout(() => end('no answer'), timeoutMs)
    const end = why => {
      clearInterval(again)
      clearTimeout(late)
      socket.close()
      resolve(why)
    }
    socket.once('error', ({ code }) => end(code))
    socket.on('message', message => {
      if (message.toString('utf8') === text) end(null)
    })
    send()
  })
}

const say = line => process.stdout.write(`${JSON.stringify(line)}\n`)

createInterface({ input: process.stdin })
  .on('line', async line => {
    const { id, order, ...what } = JSON.parse(line)
    try {
      say({ id, ...(await orders[order](what)) })
    } catch (error) {
      say({ id, error: String(error) })
    }
  })
  .on('close', () => process.exit(0))
say({ ready: true })
