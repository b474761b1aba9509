// Waiting for a command to say something.

/** Rejects with all that it said when it ends without. */
export async function says(
  stream: NodeJS.ReadableStream | null,
  text: string,
  ended: Promise<unknown>,
): Promise<void> {
  let said = ''
  const heard = new Promise<void>(resolve => {
    stream?.setEncoding('utf8').on('data', part => {
      said += part
      if (said.includes(text)) resolve()
    })
  })
  const failed = ended.then(() => {
    if (!said.includes(text)) throw new Error(`netsplit up ended early:\n${said}`)
  })
  await Promise.race([heard, failed])
}
