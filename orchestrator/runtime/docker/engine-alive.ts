// Whether an engine still takes calls. One that stops ends its containers while its events still come, but nobody reaches it any
// more: tried on 20.10, which closes its door first.

import { Agent } from 'node:http'
import { Agent as TlsAgent } from 'node:https'
import type Docker from 'dockerode'
import { within } from '../../timers.ts'
import { statusOf } from './engine.ts'

/** For an answer to a ping: one that is not there says so at once, one that is busy with a hundred containers takes its time. */
const ANSWER_MS = 20_000
/** Many end at once: one question for all of them. */
const KNOWN_MS = 500

const asked = new WeakMap<Docker, Promise<boolean>>()

/** Any answer shows that it lives. */
export function takesCalls(docker: Docker): Promise<boolean> {
  const known = asked.get(docker)
  if (known) return known
  const answer = ask(docker)
  asked.set(docker, answer)
  setTimeout(() => asked.delete(docker), KNOWN_MS).unref()
  return answer
}

/** Over a connection of its own: those that are open an engine goes on to serve when it stops. */
async function ask(docker: Docker): Promise<boolean> {
  const { protocol } = docker.modem as { protocol?: string }
  const agent = protocol === 'https' ? new TlsAgent() : new Agent()
  const modem = Object.create(docker.modem, { agent: { value: agent } })
  const anew: Docker = Object.create(docker, { modem: { value: modem } })
  const answered = anew.ping().then(
    () => true,
    error => statusOf(error) !== undefined,
  )
  const alive = (await within(answered, ANSWER_MS)) ?? false
  agent.destroy()
  return alive
}
