// A stock backend takes in the feed: node ingest.cjs PORT ADDRESS TOKEN PUSH_TOKEN
//
// It prints a line `ingested …` once everybody is there, then reads the ref of somebody who will go from its input, and prints
// after how many seconds nobody has a relation to that one any more.
'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const readline = require('node:readline');

const [port, address, token, pushToken] = process.argv.slice(2);
const host = new URL(address).host;

// What the README prints, and what the machine needs.
fs.writeFileSync(
  'app-config.yaml',
  `app: { baseUrl: http://localhost:3000 }
backend:
  baseUrl: http://127.0.0.1:${port}
  listen: { host: 127.0.0.1, port: ${port} }
  database: { client: better-sqlite3, connection: ':memory:' }
  auth:
    externalAccess:
      - type: static
        options: { token: ${pushToken}, subject: portal-sync }
integrations:
  github:
    - host: ${host}
      rawBaseUrl: ${address}/feed
      token: ${token}
catalog:
  locations:
    - type: url
      target: ${address}/okta/catalog/blob/main/index.yaml
      rules: [{ allow: [User, Group] }]
`,
);

const said = [];
const backend = spawn(process.execPath, ['backend.cjs', '--config', 'app-config.yaml']);
for (const stream of [backend.stdout, backend.stderr]) {
  readline.createInterface({ input: stream }).on('line', line => said.push(line));
}
process.on('exit', () => backend.kill('SIGKILL'));

const sleep = milliseconds => new Promise(done => setTimeout(done, milliseconds));
const ref = entity => `${entity.kind}:${entity.metadata.namespace}/${entity.metadata.name}`.toLowerCase();

async function read(base, bearer) {
  const filter = 'filter=kind=user&filter=kind=group';
  const answer = await fetch(`${base}/api/catalog/entities?${filter}`, { headers: { authorization: `Bearer ${bearer}` } });
  assert.equal(answer.status, 200);
  return new Map((await answer.json()).map(entity => [ref(entity), entity]));
}

async function until(what, seconds, is) {
  const began = Date.now();
  for (;;) {
    const result = await is().catch(error => (error.code === undefined ? undefined : undefined));
    if (result) return (Date.now() - began) / 1000;
    assert.ok(Date.now() - began < seconds * 1000, `${what}: not within ${seconds} s\n${said.slice(-20).join('\n')}`);
    await sleep(200);
  }
}

function relations(entity) {
  return entity.relations.map(it => `${it.type} ${it.targetRef}`).sort();
}

async function main() {
  const theirs = () => read(`http://127.0.0.1:${port}`, pushToken);
  const ours = await read(address, token);
  const same = async () => {
    const there = await theirs();
    return [...ours].every(([name, entity]) => {
      const it = there.get(name);
      return it && JSON.stringify(relations(it)) === JSON.stringify(relations(entity));
    });
  };
  const seconds = await until('everybody and every relation is there', 240, same);
  const there = await theirs();
  assert.equal(there.size, ours.size);
  for (const [name, entity] of there) {
    assert.equal(entity.status, undefined, name);
    assert.equal(entity.metadata.annotations['backstage.io/orphan'], undefined, name);
    for (const relation of entity.relations) assert.ok(there.has(relation.targetRef), `${name} ${relation.targetRef}`);
  }
  const errors = said.filter(line => /\b(warn|error)\b/i.test(line) && !/events? (backend|subscribe)|EBADENGINE/i.test(line));
  assert.deepEqual(errors.filter(line => /catalog/.test(line) && /conflict|invalid|fail|unable/i.test(line)), []);
  console.log(`ingested ${there.size} entities in ${seconds.toFixed(1)} s`);

  const lines = readline.createInterface({ input: process.stdin });
  const [gone] = await new Promise(done => lines.once('line', line => done([line.trim()])));
  const shown = await until(`${gone} goes`, 60, async () => {
    const now = await theirs();
    return ![...now.values()].some(it => it.kind === 'Group' && it.spec.members?.some(member => member === gone));
  });
  console.log(`shown after ${shown.toFixed(1)} s`);
  process.exit(0);
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
