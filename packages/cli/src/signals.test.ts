import { describe, expect, it } from 'vitest';
import { onSignal } from './signals.js';

/** A process whose signals and clock are moved by hand. */
function fakeProcess() {
  const listeners = new Map<string, () => void>();
  const happened: string[] = [];
  let time = 0;
  onSignal(
    () => happened.push('first'),
    {
      on: (signal, listener) => listeners.set(signal, listener),
      exit: (code) => happened.push(`exit ${code}`),
    },
    () => time,
  );
  const send = (signal: 'SIGINT' | 'SIGTERM', at: number) => {
    time = at;
    listeners.get(signal)?.();
  };
  return { send, happened };
}

describe('onSignal', () => {
  it.each<[string, [signal: 'SIGINT' | 'SIGTERM', at: number][], string[]]>([
    ['does nothing without a signal', [], []],
    ['tells of Ctrl-C', [['SIGINT', 0]], ['first']],
    ['tells of SIGTERM', [['SIGTERM', 0]], ['first']],
    ['takes what npm repeats for the same key', [['SIGINT', 0], ['SIGINT', 40]], ['first']], // prettier-ignore
    ['ends at the second Ctrl-C', [['SIGINT', 0], ['SIGINT', 2000]], ['first', 'exit 1']], // prettier-ignore
    ['ends at SIGTERM after Ctrl-C', [['SIGINT', 0], ['SIGTERM', 2000]], ['first', 'exit 1']], // prettier-ignore
  ])('%s', (_, signals, expected) => {
    const { send, happened } = fakeProcess();
    for (const [signal, at] of signals) send(signal, at);
    expect(happened).toEqual(expected);
  });
});
