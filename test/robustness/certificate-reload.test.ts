import { renameSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { connect } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  createCertificateAuthority,
  issueServerCertificate,
  readAuthority,
  requestTo,
  type CertificateFiles,
  type Longshore,
} from '@longshore/testkit';
import { eventually } from './eventually.js';
import { alarmsIn, Servers } from './servers.js';

/** The server looks at its files every two seconds. */
const SEEN_WITHIN_MS = 5000;
/** New connections come to another worker each time. */
const CONNECTIONS = 6;

const servers = new Servers();
const dir = servers.folder();
let authority: CertificateFiles;
let ca: string;
let registry: Longshore;

beforeAll(async () => {
  authority = await createCertificateAuthority(dir);
  ca = await readAuthority(authority.certificate);
  registry = await servers.longshore({ tls: await issueServerCertificate(authority, { dir }) });
});
afterAll(() => servers.end());

/** The serial number of the certificate that a new connection sees; the authority must have signed it. */
function serialOf(): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: registry.port, ca });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    });
  });
}

/** The serial numbers that several new connections see. */
async function serials(): Promise<string[]> {
  return [...new Set(await Promise.all(Array.from({ length: CONNECTIONS }, serialOf)))];
}

/** Waits until all new connections see one certificate that is not the old one. */
function newSerial(old: string): Promise<string> {
  return eventually(
    'a new certificate',
    async () => {
      const [serial, ...others] = await serials();
      return others.length === 0 && serial !== old ? serial : undefined;
    },
    SEEN_WITHIN_MS,
  );
}

it('new connections see a renewed certificate, and old connections go on', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const target = { url: registry.url, ca, agent };
  expect((await requestTo(target, '/v2/')).status).toBe(200);
  const [connection] = Object.values(agent.freeSockets).flat();
  const [old = ''] = await serials();
  await issueServerCertificate(authority, { dir });
  const renewed = await newSerial(old);
  expect(renewed).not.toBe(old);
  expect((await requestTo(target, '/v2/')).status).toBe(200);
  expect(Object.values(agent.freeSockets).flat()).toEqual([connection]);
  agent.destroy();
});

it('a certificate that cannot be used leaves the old one in place, and is told', async () => {
  const [old = ''] = await serials();
  writeFileSync(`${dir}/broken`, 'no certificate');
  renameSync(`${dir}/broken`, `${dir}/server.crt`);
  const warnings = () =>
    registry
      .log()
      .split('\n')
      .filter((line) => line.includes('certificate is not usable'));
  await eventually('a warning from each worker', () => (warnings().length >= 2 ? true : undefined));
  expect(warnings().every((line) => line.includes('level=warn'))).toBe(true);
  expect(await serials()).toEqual([old]);
  await issueServerCertificate(authority, { dir });
  await newSerial(old);
  expect(alarmsIn(registry.log())).toEqual([]);
});
