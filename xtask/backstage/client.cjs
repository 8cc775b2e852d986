// The real client reads what `portal-sync serve` answers: node client.cjs ADDRESS TOKEN
'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { CatalogClient } = require('@backstage/catalog-client');
const Ajv = require('ajv/dist/2020').default;

const [address, token] = process.argv.slice(2);
const base = `${address}/api/catalog`;
const headers = { authorization: `Bearer ${token}` };

// Backstage's own document of its API, by which its client is made.
const { spec } = require(
  path.join(
    path.dirname(require.resolve('@backstage/plugin-catalog-backend/package.json')),
    'dist/schema/openapi/generated/router.cjs.js',
  ),
);
const ajv = new Ajv({ strict: false, validateFormats: false });
ajv.addSchema(spec, 'spec');

let checked = 0;

/** Whether an answer is what the document says of this operation. What `fields` leave is no whole entity. */
function check(template, method, status, body, isProjected) {
  const responses = spec.paths[template][method].responses;
  const key = responses[status] ? String(status) : 'default';
  const escape = part => part.replaceAll('~', '~0').replaceAll('/', '~1');
  const response = responses[key].$ref ? spec.components.responses[responses[key].$ref.split('/').pop()] : responses[key];
  const schema = response.content?.['application/json']?.schema;
  if (!schema || isProjected) return;
  const at = responses[key].$ref
    ? `#/components/responses/${responses[key].$ref.split('/').pop()}`
    : `#/paths/${escape(template)}/${method}/responses/${key}`;
  const validate = ajv.compile({ $ref: `spec${at}/content/application~1json/schema` });
  assert.ok(validate(body), `${method} ${template}: ${ajv.errorsText(validate.errors)}`);
  checked += 1;
}

async function raw(template, method, where, body, isProjected = false) {
  const answer = await fetch(`${base}${where}`, {
    method: method.toUpperCase(),
    headers: { ...headers, 'content-type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  const json = text ? JSON.parse(text) : undefined;
  if (json !== undefined) check(template, method, answer.status, json, isProjected);
  return [answer.status, json];
}

async function main() {
  const client = new CatalogClient({ discoveryApi: { getBaseUrl: async () => base } });
  const options = { token };
  const ref = entity => `${entity.kind}:${entity.metadata.namespace}/${entity.metadata.name}`.toLowerCase();

  const { items: all } = await client.getEntities({}, options);
  const users = all.filter(entity => entity.kind === 'User');
  const groups = all.filter(entity => entity.kind === 'Group');
  assert.ok(users.length > 100 && groups.length > 5, `${users.length} users, ${groups.length} groups`);

  const filtered = await client.getEntities({ filter: [{ kind: 'user' }, { kind: 'group' }], fields: ['kind'] }, options);
  assert.equal(filtered.items.length, all.length);
  const paged = await client.getEntities({ filter: { kind: 'user' }, limit: 7, offset: 3, order: { field: 'metadata.name', order: 'asc' } }, options);
  assert.equal(paged.items.length, 7);

  // Every page there, and back to the first.
  for (const query of [
    { filter: { kind: 'user' }, limit: 90, orderFields: [{ field: 'metadata.name', order: 'desc' }] },
    { query: { $all: [{ kind: 'user' }, { $not: { 'metadata.name': { $hasPrefix: 'zzz' } } }] }, limit: 90 },
  ]) {
    let page = await client.queryEntities(query, options);
    assert.equal(page.totalItems, users.length);
    const seen = page.items.map(ref);
    let pages = 1;
    while (page.pageInfo.nextCursor) {
      page = await client.queryEntities({ cursor: page.pageInfo.nextCursor, limit: 90 }, options);
      seen.push(...page.items.map(ref));
      pages += 1;
    }
    assert.equal(new Set(seen).size, users.length);
    while (page.pageInfo.prevCursor) {
      page = await client.queryEntities({ cursor: page.pageInfo.prevCursor, limit: 90 }, options);
      pages -= 1;
    }
    assert.equal(pages, 1);
    assert.deepEqual(page.items.map(ref), seen.slice(0, 90));
  }

  let streamed = 0;
  for await (const page of client.streamEntities({ filter: { kind: 'user' } }, options)) streamed += page.length;
  assert.equal(streamed, users.length);

  const refs = [...users.slice(0, 150).map(ref), 'user:default/nobody'];
  const batch = await client.getEntitiesByRefs({ entityRefs: refs, fields: ['kind', 'metadata.name', 'metadata.namespace'] }, options);
  assert.deepEqual(batch.items.map(item => item && ref(item)), [...refs.slice(0, -1), undefined]);

  const [someone] = users;
  assert.deepEqual(await client.getEntityByRef(ref(someone), options), someone);
  assert.equal(await client.getEntityByRef('user:default/nobody', options), undefined);
  const ancestors = await client.getEntityAncestors({ entityRef: ref(someone) }, options);
  assert.equal(ancestors.rootEntityRef, ref(someone));

  const { facets } = await client.getEntityFacets({ facets: ['kind', 'relations.memberOf'], filter: { kind: 'user' } }, options);
  assert.deepEqual(facets.kind, [{ value: 'User', count: users.length }]);
  const [group] = facets['relations.memberOf'];
  const members = await client.getEntities({ filter: { kind: 'user', 'relations.memberof': group.value } }, options);
  assert.equal(members.items.length, group.count);
  const counted = await client.getEntityFacets({ facets: ['kind'], query: { kind: { $in: ['user', 'group'] } } }, options);
  assert.equal(counted.facets.kind.length, 2);

  assert.deepEqual(await client.getLocations({}, options), { items: [] });
  assert.equal(await client.getLocationByEntity(ref(someone), options), undefined);
  await assert.rejects(client.refreshEntity(ref(someone), options), /403/);
  await assert.rejects(client.addLocation({ type: 'url', target: 'https://example.com/x.yaml' }, options), /403/);
  await assert.rejects(client.removeEntityByUid(someone.metadata.uid, options), /403/);
  const entity = { apiVersion: 'backstage.io/v1alpha1', kind: 'User', metadata: { name: 'x' }, spec: { memberOf: [] } };
  assert.equal((await client.validateEntity(entity, 'url:https://example.com/x', options)).valid, true);
  assert.equal((await client.validateEntity({ ...entity, spec: {} }, 'url:https://example.com/x', options)).valid, false);

  // Each answer by Backstage's document.
  const name = `/entities/by-name/${ref(someone).replace(':', '/')}`;
  const byName = '/entities/by-name/{kind}/{namespace}/{name}';
  for (const [template, method, where, body, projected] of [
    ['/entities', 'get', '/entities?limit=50'],
    ['/entities', 'get', '/entities?fields=kind&limit=5', undefined, true],
    ['/entities', 'get', '/entities?limit=0'],
    ['/entities/by-query', 'get', '/entities/by-query?limit=20&orderField=metadata.name'],
    ['/entities/by-query', 'get', '/entities/by-query?cursor=x'],
    ['/entities/by-query', 'post', '/entities/by-query', { query: { kind: 'group' } }],
    ['/entities/by-query', 'post', '/entities/by-query', { query: { kind: {} } }],
    ['/entities/by-refs', 'post', '/entities/by-refs', { entityRefs: refs }],
    [byName, 'get', name],
    [byName, 'get', '/entities/by-name/user/default/nobody'],
    [`${byName}/ancestry`, 'get', `${name}/ancestry`],
    ['/entities/by-uid/{uid}', 'get', `/entities/by-uid/${someone.metadata.uid}`],
    ['/entity-facets', 'get', '/entity-facets?facet=kind&facet=spec.type'],
    ['/entity-facets', 'post', '/entity-facets', { facets: ['kind'] }],
    ['/locations', 'get', '/locations'],
    ['/locations/by-query', 'post', '/locations/by-query', {}],
    ['/locations/{id}', 'get', '/locations/none'],
    ['/refresh', 'post', '/refresh', { entityRef: ref(someone) }],
    ['/validate-entity', 'post', '/validate-entity', { entity: { kind: 'User' }, location: 'url:https://example.com/x' }],
  ]) {
    await raw(template, method, where, body, projected);
  }
  console.log(`the client read ${users.length} users and ${groups.length} groups; ${checked} answers are as Backstage's document says`);
}

main().catch(error => {
  console.error(error);
  process.exit(1);
});
