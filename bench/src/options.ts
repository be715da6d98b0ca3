import { parseArgs } from 'node:util';

/** What the command line asks for. */
export interface Options {
  help: boolean;
  list: boolean;
  /** Names of the benchmarks to run; empty for all. */
  only: string[];
  /** Which variants run. */
  transports: Transport[];
  rounds: number;
  seconds: number;
  /** Folder for storage and generated content; undefined for the system's temporary folder. */
  dir: string | undefined;
  format: Format;
  out: string | undefined;
}

export type Transport = 'plain' | 'tls';
export type Format = 'text' | 'json' | 'markdown';

export class UsageError extends Error {
  readonly code = 'USAGE';
}

export const usage = `Usage: npm run bench -- [options]
       npm run bench -- chain [options]        the registry of a cluster beside a stand-alone one, without TLS
       npm run bench -- apiserver [options]    the API server; --help tells more
       npm run bench -- prune [options]        the plan of the pruner; --help tells more
       npm run bench -- start-up               CPU time of short commands

  --list            print the benchmarks and stop
  --only A,B        run these benchmarks only
  --rounds N        rounds per benchmark; the table shows medians (default 5)
  --seconds N       length of one measurement of a request rate (default 3)
  --tls             run the TLS variants instead of the plain ones
  --all             run the plain and the TLS variants
  --dir DIR         where storage and generated content live (default: the temporary folder; 20 GB free)
  --json            print JSON instead of the table
  --markdown        print a Markdown section instead of the table
  --out FILE        write to FILE after each benchmark, and the table to the terminal at the end
  --help            print this text

  LONGSHORE_BENCH_PEER=BINARY     the peer, started as BINARY serve CONFIG (default docker-registry)
  LONGSHORE_BENCH_SUBJECT=BINARY  takes Longshore's place, started the same way; the peer against itself shows the noise
`;

/** Reads the arguments. Errors: UsageError for an unknown option or a value out of range. */
export function parseOptions(args: readonly string[]): Options {
  const values = readArguments(args);
  if (values.json && values.markdown) throw new UsageError('--json and --markdown exclude each other');
  return {
    help: values.help,
    list: values.list,
    only: values.only === undefined ? [] : values.only.split(',').filter((name) => name !== ''),
    transports: values.all ? ['plain', 'tls'] : values.tls ? ['tls'] : ['plain'],
    rounds: wholeNumber('--rounds', values.rounds, 5, 100),
    seconds: wholeNumber('--seconds', values.seconds, 3, 600),
    dir: values.dir,
    format: values.json ? 'json' : values.markdown ? 'markdown' : 'text',
    out: values.out,
  };
}

function readArguments(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        help: { type: 'boolean', default: false },
        list: { type: 'boolean', default: false },
        only: { type: 'string' },
        rounds: { type: 'string' },
        seconds: { type: 'string' },
        tls: { type: 'boolean', default: false },
        all: { type: 'boolean', default: false },
        dir: { type: 'string' },
        json: { type: 'boolean', default: false },
        markdown: { type: 'boolean', default: false },
        out: { type: 'string' },
      },
    }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function wholeNumber(option: string, text: string | undefined, fallback: number, maximum: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= maximum) return value;
  throw new UsageError(`${option} takes a whole number from 1 to ${maximum}, not ${JSON.stringify(text)}`);
}
