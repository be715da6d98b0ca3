import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { freePort, startProcess, StartError } from './process.js';
import { ProgramError, ProgramMissingError, requireProgram, runProgram } from './program.js';

const node = (script: string) => ({ command: process.execPath, args: ['-e', script] });

describe('startProcess', () => {
  it('waits for output, measures, and ends in order', async () => {
    const script = "process.on('SIGTERM', () => process.exit(7)); setInterval(() => 0, 1e6); console.log('ready now')";
    const running = await startProcess({ ...node(script), ready: { output: /ready now/ } });
    const use = running.resourceUse();
    expect(use.peakMemory).toBeGreaterThan(1024 * 1024);
    expect(use.cpuSeconds).toBeGreaterThanOrEqual(0);
    expect(await running.stop()).toBe(7);
    expect(running.running).toBe(false);
  });

  it('waits for a port, and kills children too', async () => {
    const port = await freePort();
    const child = `require('net').createServer().listen(${port}, '127.0.0.1')`;
    const script = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(child)}], { stdio: 'inherit' })`;
    const running = await startProcess({ ...node(script), ready: { port } });
    await running.kill9();
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    server.close();
  });

  it.each([
    ["console.log('no luck'); process.exit(3)", 5_000, /ended too early.*no luck/s],
    ["console.log('still busy'); setInterval(() => 0, 1e6)", 500, /nothing after 500 ms.*still busy/s],
  ])('shows the output of a program that does not get ready: %s', async (script, timeout, message) => {
    const error = await startProcess({ ...node(script), ready: { output: /never/ }, timeout }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(StartError);
    expect((error as StartError).message).toMatch(message);
  });

  it('reports a program that does not exist', async () => {
    await expect(startProcess({ command: '/no/such', args: [], ready: { output: /x/ } })).rejects.toThrow(/ENOENT/);
  });
});

describe('runProgram', () => {
  it('passes input, and returns output and status', async () => {
    const script = 'process.stdin.pipe(process.stdout); process.exitCode = 4';
    const result = await runProgram(process.execPath, ['-e', script], { input: 'hello', mayFail: true });
    expect(result).toEqual({ status: 4, stdout: 'hello', stderr: '' });
  });

  it('shows command, status and output of a failing program', async () => {
    const script = "console.error('out of luck'); process.exitCode = 4";
    const error = await runProgram(process.execPath, ['-e', script]).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ProgramError);
    expect((error as ProgramError).message).toMatch(/-e .*exit status 4\nout of luck/s);
  });

  it('names the package of a missing program', async () => {
    const missing = requireProgram('no-such-program', 'some-package');
    await expect(missing).rejects.toThrow(ProgramMissingError);
    await expect(missing).rejects.toThrow('apt-get install --no-install-recommends some-package');
  });
});
