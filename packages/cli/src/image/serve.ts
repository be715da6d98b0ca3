import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { CliError } from '../cli-error.js';
import { onSignal } from '../signals.js';

const NOTES = `
Serves what "longshore image mirror" and "longshore adm release mirror" have left in a folder by file://, in either format, so that a
site can pull from media before it has a registry. Of an OCI layout it serves the images that are named REPOSITORY:TAG. It only gives:
nothing in the folder changes, and all who reach the address may pull. Runs until Ctrl-C or SIGTERM; certificates are read again when
their files change.

Examples:
  longshore image serve --dir=/mnt/media
  longshore image serve --dir=/mnt/media --listen=127.0.0.1:8080
  longshore image serve --dir=/mnt/media --listen=:8443 --tls-crt=tls.crt --tls-key=tls.key`;

interface ServeOptions {
  dir: string;
  listen: string;
  tlsCrt?: string;
  tlsKey?: string;
}

/** `longshore image serve` */
export function imageServeCommand(): Command {
  return new Command('serve')
    .description('serve a folder of mirrored images as a registry that only gives')
    .addOption(new Option('--dir <folder>', 'the folder that images were mirrored to').default('.', 'this folder'))
    .addOption(new Option('--listen <host:port>', 'where to listen').default(':5000').argParser(readAddress))
    .option('--tls-crt <file>', 'certificate to serve with, PEM')
    .option('--tls-key <file>', 'key of the certificate, PEM')
    .addHelpText('after', NOTES)
    .action(serveImages);
}

async function serveImages({ dir, listen, tlsCrt, tlsKey }: ServeOptions): Promise<void> {
  if ((tlsCrt === undefined) !== (tlsKey === undefined)) throw new CliError('--tls-crt and --tls-key go together', 2);
  const { formatOf } = await import('@longshore/mirror');
  const format = formatOf(dir);
  if (format === undefined) {
    const words = 'has no images: neither v2/ nor an oci-layout; name by --dir the folder that images were mirrored to';
    throw new CliError(`${resolve(dir)} ${words}`, 2);
  }
  const { createLogger, serveFolder } = await import('@longshore/registry');
  const log = createLogger({ level: 'warn' });
  const interrupted = new Promise<void>((done) => onSignal(done));
  const tls = tlsCrt !== undefined && tlsKey !== undefined && { certificate: tlsCrt, key: tlsKey };
  const http = {
    addr: listen,
    ...(tls && { tls: { ...tls, clientauth: 'request-client-cert', minimumtls: 'tls1.2' } as const }),
  };
  const served = await serveFolder({ dir, format, http, log }).catch((error: unknown) => {
    throw new CliError(`cannot serve on ${listen}: ${(error as Error).message}`, 1, { cause: error });
  });
  process.stderr.write(`info: Serving ${resolve(dir)} at ${tls ? 'https' : 'http'}://${served.address}\n`);
  await interrupted;
  await served.stop();
}

function readAddress(text: string): string {
  if (/^([^\s/]*):(\d{1,5})$/.test(text)) return text;
  throw new InvalidArgumentError('It is HOST:PORT, or :PORT for all addresses.');
}
