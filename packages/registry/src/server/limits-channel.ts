import type { LimitsChannel } from '../observe/index.js';

/** A process or a worker: what both ends of an IPC channel have in common. */
interface Peer {
  send?(message: unknown): unknown;
  isConnected?(): boolean;
  connected?: boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  once(event: 'disconnect', listener: () => void): unknown;
}

/** The channel between primary and worker as the shared request limits see it: their messages in an envelope. */
export function limitsChannel(peer: Peer): LimitsChannel {
  const connected = () => (peer.isConnected ? peer.isConnected() : peer.connected === true);
  return {
    send: (limits) => {
      if (connected()) peer.send?.({ type: 'limits', limits });
    },
    onMessage: (listener) => {
      peer.on('message', (message) => {
        const { type, limits } = message as { type: string; limits: never };
        if (type === 'limits') listener(limits);
      });
    },
    onClose: (listener) => void peer.once('disconnect', listener),
  };
}
