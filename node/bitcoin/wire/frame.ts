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
