import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LogDestination } from './log-destination.js';
import { createLogger } from './logger.js';
import type { LoggerOptions } from './logger.js';

class Lines implements LogDestination {
  readonly lines: string[] = [];
  flushes = 0;

  write(line: string): void {
    this.lines.push(line);
  }

  flush(): Promise<void> {
    this.flushes++;
    return Promise.resolve();
  }
}

function capture(options: LoggerOptions = {}) {
  const destination = new Lines();
  const logger = createLogger({ destination, now: () => Date.UTC(2026, 10, 22, 2, 15, 12, 7), ...options });
  return { destination, logger, lines: destination.lines };
}

/** The value part of the only field of an info line in text format. */
function textOf(key: string, value: unknown): string {
  const { logger, lines } = capture();
  logger.info({ [key]: value }, 'm');
  return lines.join('').replace('time="2026-11-22T02:15:12.007Z" level=info msg=m', '').trimEnd();
}

describe('text format', () => {
  it('writes time, level and message, then the fields in order', () => {
    const { logger, lines } = capture({ fields: { service: 'registry' } });
    logger.warn({ repo: 'ns/app', attempt: 2, gone: undefined }, 'blob upload restarted');
    expect(lines).toEqual([
      'time="2026-11-22T02:15:12.007Z" level=warning msg="blob upload restarted" service=registry repo=ns/app attempt=2\n',
    ]);
  });

  it.each<[string, unknown, string]>([
    ['digest', 'sha256:ab', ' digest="sha256:ab"'],
    ['empty', '', ' empty=""'],
    ['quoted', 'say "hi"\\', ' quoted="say \\"hi\\"\\\\"'],
    ['split', 'a\nlevel=error msg=forged', ' split="a\\nlevel=error msg=forged"'],
    ['terminal', '\u001b[2J\u009b2J\u007f', ' terminal="\\u001b[2J\\u009b2J\\u007f"'],
    ['bidi', 'a\u202eb\u2028c', ' bidi="a\\u202eb\\u2028c"'],
    ['a b="\n', 'x', ' a_b___=x'],
    ['msg', 'x', ' fields.msg=x'],
    ['ok', true, ' ok=true'],
    ['nothing', null, ' nothing=null'],
    ['big', 12n, ' big=12'],
    ['ratio', NaN, ' ratio=NaN'],
    ['at', new Date(0), ' at="1970-01-01T00:00:00.000Z"'],
    ['bytes', new Uint8Array(3), ' bytes="3 bytes"'],
    ['call', () => 1, ' call=function'],
    ['list', ['a', 1], ' list="[\\"a\\",1]"'],
    ['password', 'hunter2', ' password=***'],
    ['token', 12345, ' token=***'],
    ['http.request.uri', '/v2/?_state=abc', ' http.request.uri="/v2/?_state=***"'],
    ['location', '/v2/?token=abc', ' location="/v2/?token=***"'],
    [
      'detail',
      { digest: 'd', secret: 's', at: { url: '/?token=t' } },
      ' detail="{\\"digest\\":\\"d\\",\\"secret\\":\\"***\\",\\"at\\":{\\"url\\":\\"/?token=***\\"}}"',
    ],
  ])('%s', (key, value, expected) => {
    expect(textOf(key, value)).toBe(expected);
  });

  it('prints an error with its causes, without the stack', () => {
    const error = new Error('copy failed', { cause: new Error('GET https://u:p@host/ answered 500') });
    expect(textOf('error', error)).toBe(' error="copy failed: GET https://***@host/ answered 500"');
  });

  it('prints the stack at level debug', () => {
    const { logger, lines } = capture({ level: 'debug' });
    logger.error({ error: new Error('copy failed') }, 'm');
    expect(lines.join('')).toMatch(/ error="copy failed" error\.stack="Error: copy failed\\n/);
  });

  it('bounds long values, deep values and wide values', () => {
    let deep: unknown = 'end';
    for (let level = 0; level < 10_000; level++) deep = [deep];
    const wide = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`k${index}`, index]));
    for (const value of ['x'.repeat(1_000_000), deep, wide]) expect(textOf('v', value).length).toBeLessThan(10_000);
  });

  it('writes exactly one line whatever the message and the field', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.anything(), (message, key, value) => {
        const { logger, lines } = capture();
        logger.info({ [key]: value }, message);
        expect(lines.length).toBe(1);
        expect(lines[0]?.endsWith('\n')).toBe(true);
        expect(/[\u0000-\u001f\u007f-\u009f]/.test(lines[0]?.slice(0, -1) ?? '\n')).toBe(false);
      }),
    );
  });
});

describe('json formats', () => {
  it('writes one object a line', () => {
    const { logger, lines } = capture({ formatter: 'json', fields: { service: 'registry' } });
    logger.error({ msg: 'mine', status: 500, error: new Error('a "b"') }, 'failed\u2028');
    expect(JSON.parse(lines.join(''))).toEqual({
      time: '2026-11-22T02:15:12.007Z',
      level: 'error',
      msg: 'failed\u2028',
      service: 'registry',
      'fields.msg': 'mine',
      status: 500,
      error: 'a "b"',
    });
  });

  it('names its fields as logstash wants them', () => {
    const { logger, lines } = capture({ formatter: 'logstash' });
    logger.info({ repo: 'a' }, 'm');
    expect(JSON.parse(lines.join(''))).toEqual({
      '@timestamp': '2026-11-22T02:15:12.007Z',
      '@version': '1',
      level: 'info',
      message: 'm',
      repo: 'a',
    });
  });

  it('is always JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), fc.anything(), (message, key, value) => {
        const { logger, lines } = capture({ formatter: 'json' });
        logger.info({ [key]: value }, message);
        expect(JSON.parse(lines.join(''))).toHaveProperty('level', 'info');
      }),
    );
  });
});

describe('levels', () => {
  it.each([
    ['debug', 4],
    ['info', 3],
    ['warn', 2],
    ['error', 1],
  ] as const)('%s lets %d of the four through', (level, expected) => {
    const { logger, lines } = capture({ level });
    logger.debug({}, 'm');
    logger.info({}, 'm');
    logger.warn({}, 'm');
    logger.error({}, 'm');
    expect(lines.length).toBe(expected);
    expect((['debug', 'info', 'warn', 'error'] as const).filter((each) => logger.enabled(each)).length).toBe(expected);
  });
});

describe('child', () => {
  it('adds to the fields of its parent and replaces those of the same name', () => {
    const { logger, lines } = capture({ fields: { a: 1 } });
    const child = logger.child({ b: 2, c: 3 });
    child.info({ d: 4 }, 'm');
    child.info({ b: 5 }, 'm');
    expect(lines.map((line) => line.slice(line.indexOf(' a=')))).toEqual([' a=1 b=2 c=3 d=4\n', ' a=1 b=5 c=3\n']);
  });

  it('flushes the destination it shares', async () => {
    const { logger, destination } = capture();
    await logger.child({}).flush();
    expect(destination.flushes).toBe(1);
  });
});
