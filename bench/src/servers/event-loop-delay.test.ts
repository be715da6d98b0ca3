import { describe, expect, it } from 'vitest';
import { parseEventLoopDelay } from './event-loop-delay.js';

describe('parseEventLoopDelay', () => {
  it.each([
    ['nodejs_eventloop_lag_p90_seconds 1\nnodejs_eventloop_lag_p99_seconds 0.0125\n', 12.5],
    ['nodejs_eventloop_lag_p99_seconds{process="1"} 0.5\n', 500],
    ['# HELP nodejs_eventloop_lag_p99_seconds The 99th percentile.\n', undefined],
  ])('reads %j', (page, expected) => expect(parseEventLoopDelay(page)).toBe(expected));
});
