import { describe, expect, it } from 'vitest';
import { createProgram } from '../program.js';
import { rulesOf, type PruneImagesOptions } from './prune-options.js';

async function parse(...args: string[]): Promise<PruneImagesOptions> {
  const program = await createProgram(['adm']);
  let command = program;
  for (const name of ['adm', 'prune', 'images']) {
    command = command.commands.find((child) => child.name() === name) as typeof command;
  }
  command.configureOutput({ writeErr: () => undefined });
  let parsed: PruneImagesOptions | undefined;
  command.action((options: PruneImagesOptions) => {
    parsed = options;
  });
  await program.parseAsync(['adm', 'prune', 'images', ...args], { from: 'user' });
  return parsed as PruneImagesOptions;
}

const run = async (...args: string[]) =>
  (await createProgram(['adm'])).parseAsync(['adm', 'prune', 'images', ...args], { from: 'user' });

describe('the options', () => {
  it('are by default those of the reference', async () => {
    const options = await parse();
    expect(options).toMatchObject({
      confirm: false,
      all: true,
      pruneRegistry: true,
      ignoreInvalidRefs: false,
      numWorkers: 5,
    });
    expect(rulesOf(options, 0, new Map())).toEqual({
      now: 0,
      keepYoungerThanMs: 3_600_000,
      keepUnlistedYoungerThanMs: 3_600_000,
      history: { keepRevisions: 3 },
      all: true,
    });
  });

  it('may be those that the operator gives its pruner (operator.md 2.1)', async () => {
    const line =
      '--confirm=true --certificate-authority=/var/run/configmaps/serviceca/service-ca.crt --keep-tag-revisions=0 ' +
      '--keep-younger-than=1h0m0s --ignore-invalid-refs=true --loglevel=4 --prune-registry=true ' +
      '--registry-url=https://image-registry.openshift-image-registry.svc:5000';
    const options = await parse(...line.split(' '));
    expect(options).toMatchObject({ confirm: true, ignoreInvalidRefs: true, loglevel: 4, keepYoungerThan: 3_600_000 });
    expect(rulesOf(options, 0, new Map()).history).toEqual({ keepRevisions: 0 });
    expect(await parse('--prune-registry=false')).toMatchObject({ pruneRegistry: false });
  });

  it('let sizes decide, and guard pushes all the same', async () => {
    const limits = new Map([['ns', 1]]);
    expect(rulesOf(await parse('--prune-over-size-limit', '-n', 'ns'), 5, limits)).toEqual({
      now: 5,
      keepYoungerThanMs: 0,
      keepUnlistedYoungerThanMs: 3_600_000,
      history: { sizeLimits: limits },
      all: true,
      namespace: 'ns',
    });
  });
});

describe('a wrong call', () => {
  it.each([
    [['--prune-over-size-limit', '--keep-tag-revisions=3'], '--prune-over-size-limit goes neither with'],
    [['--prune-over-size-limit', '--keep-younger-than=1h'], '--prune-over-size-limit goes neither with'],
    [['--force-insecure', '--certificate-authority=ca.crt'], 'exclude each other'],
    [['--prune-registry=false', '--registry-url=r'], '--registry-url is of no use'],
    [['--registry-url=ftp://r'], 'the scheme of a registry is http or https'],
    [['--registry-url=http://r', '--certificate-authority=ca.crt'], 'without TLS'],
  ])('%j', async (args, message) => {
    await expect(run(...args)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(message) as string,
    });
  });

  it.each([
    ['--keep-younger-than=1'],
    ['--keep-younger-than=-1h'],
    ['--keep-tag-revisions=-1'],
    ['--num-workers=0'],
    ['--all=x'],
  ])('%s', async (arg) => {
    await expect(parse(arg)).rejects.toMatchObject({ code: 'commander.invalidArgument' });
  });
});
