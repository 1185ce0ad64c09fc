// A real Muster for tests: the built program on a free port, with stores of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { newPeople } from './people.mjs';
import { freePort, stores } from './stores.mjs';

const binary = process.env.MUSTER_BINARY;
const token = 'ui-tests-admin-token';

// startMuster returns a running Muster: its url, its admin token, person, which finds an
// administrator by role, and what follows.
export async function startMuster(settings = {}) {
  if (!binary) throw new Error('MUSTER_BINARY names the program to try; make test-ui sets it');
  const dir = mkdtempSync(join(tmpdir(), 'muster-ui-'));
  const url = `http://127.0.0.1:${await freePort()}`;
  const kept = await stores(dir);
  const env = {
    PATH: process.env.PATH,
    HOME: dir,
    MUSTER_LISTEN: url.slice('http://'.length),
    ...kept.settings,
    MUSTER_ADMIN_TOKEN: token,
    ...settings,
  };
  let log = '';
  let server;
  let ended;
  await resume();

  // halt ends the server and leaves its data, resume starts it again where it was.
  async function halt() {
    server.kill('SIGTERM');
    await ended;
  }
  async function resume() {
    server = spawn(binary, ['serve'], { env, cwd: dir });
    server.stderr.on('data', (data) => { log += data; });
    server.stdout.on('data', (data) => { log += data; });
    ended = new Promise((resolve) => server.on('exit', resolve));
    await ready(url, () => log, ended);
  }

  // api calls the admin API and returns the body; what is no success is an error.
  async function api(method, path, body, headers = {}) {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  }

  // connector makes a tenant, if it is missing, and a connector of it, with its secrets.
  async function connector(c) {
    const { tenant = 'acme', ...rest } = c;
    await api('POST', '/tenants', { name: tenant }).catch((error) => {
      if (!String(error).includes('tenantTaken')) throw error;
    });
    return api('POST', '/connectors', { tenant, kind: 'okta', name: rest.slug, ...rest });
  }

  // scim sends what an IdP would: path is below the connector's base URL.
  function scim(slug, secret, method, path, body) {
    return fetch(`${url}/scim/${slug}/v2${path}`, {
      method,
      headers: { ...(secret === '' ? {} : { Authorization: `Bearer ${secret}` }), 'Content-Type': 'application/scim+json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  }

  // run runs a command of the program against this server: run('simulate', '--idp', 'okta').
  function run(...args) {
    return new Promise((resolve, reject) => {
      const command = spawn(binary, args, { env: { ...env, MUSTER_URL: url }, cwd: dir });
      let said = '';
      command.stdout.on('data', (data) => { said += data; });
      command.stderr.on('data', (data) => { said += data; });
      command.on('error', reject);
      command.on('exit', (code) => (code === 0 ? resolve(said) : reject(new Error(`muster ${args.join(' ')}: ${code}\n${said}`))));
    });
  }

  async function stop() {
    await halt();
    await kept.end();
    rmSync(dir, { recursive: true, force: true });
  }

  return { url, token, api, person: newPeople(url, api), connector, scim, run, halt, resume, stop, log: () => log };
}

// ready asks until the server answers; a server that has ended never will.
async function ready(url, log, ended) {
  let dead = false;
  void ended.then(() => { dead = true; });
  for (const end = Date.now() + 60_000; Date.now() < end && !dead;) {
    const ok = await fetch(`${url}/readyz`).then((r) => r.ok, () => false);
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`Muster did not start:\n${log()}`);
}
