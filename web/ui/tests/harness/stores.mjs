// Where a Muster of these tests keeps its data: in a SQLite file of its own, or, where the run was
// started beside a PostgreSQL server (make test-ui STORE=production), in a database of its own
// there, with a Redis of its own.
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import { join } from 'node:path';

const postgres = process.env.MUSTER_TEST_POSTGRES_URL; // set by withpg

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

// stores returns the settings by which a Muster finds its stores, and what ends them.
export async function stores(dir) {
  if (!postgres) return { settings: { MUSTER_DATABASE_URL: `sqlite://${join(dir, 'muster.db')}` }, end: async () => {} };
  const name = `ui_${randomBytes(8).toString('hex')}`;
  execFileSync('psql', ['-qd', postgres, '-c', `create database ${name}`]);
  const database = postgres.replace(/^(\w+:\/\/[^/?]*)(\/[^?]*)?/, `$1/${name}`); // it may name a socket, and is no URL to Node then
  const port = await freePort();
  const redis = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', dir], { stdio: 'ignore' });
  const ended = new Promise((resolve) => redis.on('exit', resolve));
  return {
    settings: { MUSTER_DATABASE_URL: database, MUSTER_REDIS_URL: `redis://127.0.0.1:${port}` },
    async end() {
      redis.kill('SIGTERM');
      await ended;
      execFileSync('psql', ['-qd', postgres, '-c', `drop database ${name} with (force)`]);
    },
  };
}
