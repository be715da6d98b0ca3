import { InvalidArgumentError, Option } from 'commander';

/** Bytes per second: all together that are read, and with single hosts. */
export interface LimitRate {
  all?: number;
  hosts: ReadonlyMap<string, number>;
}

const RATE = /^(\d{1,12})([kMG]?)$/;
const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1000, M: 1000 ** 2, G: 1000 ** 3 };
/** What hosts with a port consist of; whether it is one is found out by who knows registries. */
const HOST = /^[\w.:[\]-]{1,300}$/;

/** `--limit-rate`, which may be given several times, also for single hosts. */
export function limitRateOption(): Option {
  return new Option(
    '--limit-rate <[host=]bytes>',
    'bytes per second to read at most, such as 500k, 5M; for a host, to read and write there; may be given several times',
  ).argParser(readLimitRate);
}

/** @throws {InvalidArgumentError} */
export function readLimitRate(text: string, { hosts, ...before }: LimitRate = { hosts: new Map() }): LimitRate {
  const equals = text.lastIndexOf('=');
  const rate = readRate(text.slice(equals + 1));
  if (equals < 0) return { all: rate, hosts };
  const host = text.slice(0, equals);
  if (!HOST.test(host)) throw new InvalidArgumentError('A host is written as in names of images: quay.io=5M.');
  return { ...before, hosts: new Map([...hosts, [host, rate]]) };
}

function readRate(text: string): number {
  const [, digits, unit = ''] = RATE.exec(text) ?? [];
  const value = Number(digits) * (FACTORS[unit] ?? Number.NaN);
  if (value >= 1000) return value;
  throw new InvalidArgumentError('It is a number of at least 1000, with k, M or G behind it where wanted.');
}
