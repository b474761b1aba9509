// A message as it came over the wire, before anybody has read it. framing.ts makes and finds them.

export interface Frame {
  readonly command: string
  readonly payload: Uint8Array
  /**
   * Why the message must not be read. Core drops such a message and keeps the peer (V1Transport::GetReceivedMessage,
   * CNode::ReceiveMsgBytes): line noise that TCP's own checksum missed is nobody's offence.
   */
  readonly damaged: 'checksum' | 'command' | undefined
}

/** Gives the frames of one connection's bytes. */
export interface FrameSource {
  /** Bytes not given out as frames yet. */
  readonly pendingBytes: number
  /** The frame that this chunk holds whole, when nothing waits before it and somebody has read it. Then it need not be pushed. */
  whole(chunk: Uint8Array): Frame | undefined
  push(chunk: Uint8Array): void
  /** The next whole frame, if it is there. Throws ProtocolError where the stream is not one. */
  next(): Frame | undefined
}
