// Backstage's own verdict on entities.
//
// Reads one JSON object a line, `{"id", "document"}` or `{"id", "text"}` (the document as JSON text), and prints one a
// line: `{"id", "verdict": "accepted"}`, or `{"id", "verdict": "refused", "by", "place", "said"}`. `place` is a JSON
// pointer, or null where no single place is to blame.
//
// The steps and their order are those of the catalog backend (`DefaultCatalogProcessingOrchestrator`) for entities that
// it is fed; all of them are functions of `@backstage/catalog-model`.

import { createRequire } from 'node:module';

// The package's ES modules are not marked as such.
const model = createRequire(import.meta.url)('@backstage/catalog-model');

const envelope = model.entityEnvelopeSchemaValidator();
const entity = model.entitySchemaValidator();
const POLICIES = [
  new model.SchemaValidEntityPolicy(),
  new model.DefaultNamespaceEntityPolicy(),
  new model.NoForeignRootFieldsEntityPolicy(),
  new model.FieldFormatEntityPolicy(),
];
const KINDS = {
  Api: model.apiEntityV1alpha1Validator,
  Component: model.componentEntityV1alpha1Validator,
  Domain: model.domainEntityV1alpha1Validator,
  Group: model.groupEntityV1alpha1Validator,
  Location: model.locationEntityV1alpha1Validator,
  Resource: model.resourceEntityV1alpha1Validator,
  System: model.systemEntityV1alpha1Validator,
  User: model.userEntityV1alpha1Validator,
};
// The refs of organisations that `BuiltinKindsEntityProcessor` makes relations of, each with the kind that it means when
// it names none.
const REFS = {
  Group: { parent: 'Group', children: 'Group', members: 'User' },
  Location: {},
  User: { memberOf: 'Group' },
};
const ROOT = ['apiVersion', 'kind', 'metadata', 'spec', 'relations', 'status'];

const pointer = (...keys) => keys.map(key => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** Where the error is, by its message: the validators throw no more than that. */
function placeOf(document, { message }) {
  const schema = /^(?:Malformed envelope, )?(<root>|\/.*?) must (.*)$/s.exec(message);
  if (schema) {
    const at = schema[1] === '<root>' ? '' : schema[1];
    const missing = /^have required property '(.*?)'/.exec(schema[2]);
    if (missing) return at + pointer(missing[1]);
    if (!schema[2].startsWith('NOT have additional properties')) return at;
    return at + pointer(Object.keys(document).find(key => !ROOT.includes(key)));
  }
  const root = /^Unknown field (.*)$/s.exec(message);
  if (root) return pointer(root[1]);
  const [, field] = /^"(.*?)" is not valid;/s.exec(message) ?? [];
  const [, list, key] = /^(labels|annotations)\.(.*)$/s.exec(field) ?? [];
  if (list) return pointer('metadata', list, key);
  if (/^(tags|links)\./.test(field)) return pointer('metadata', ...field.split('.'));
  if (field) return pointer(...field.split('.'));
  throw new Error(`no place in: ${message}`);
}

class Refusal {
  constructor(by, place, said) {
    Object.assign(this, { verdict: 'refused', by, place, said });
  }
}

async function step(by, document, check) {
  try {
    return await check(document);
  } catch (error) {
    throw new Refusal(by, placeOf(document, error), error.message);
  }
}

async function check(given) {
  await step('entityEnvelopeSchemaValidator', given, envelope);
  let document = given;
  for (const policy of POLICIES) {
    document = await step(policy.constructor.name, document, it => policy.enforce(it));
  }
  await step('entitySchemaValidator', document, entity);

  let recognized = false;
  for (const [kind, validator] of Object.entries(KINDS)) {
    const name = `${kind.toLowerCase()}EntityV1alpha1Validator`;
    recognized = (await step(name, document, it => validator.check(it))) || recognized;
  }
  if (!recognized) throw new Refusal('no validator', null, 'foreign kind or apiVersion');

  const defaultNamespace = model.getCompoundEntityRef(document).namespace;
  for (const [field, defaultKind] of Object.entries(REFS[document.kind] ?? {})) {
    const targets = document.spec[field] ?? [];
    for (const [at, target] of [targets].flat().entries()) {
      try {
        model.parseEntityRef(target, { defaultKind, defaultNamespace });
      } catch (error) {
        const place = Array.isArray(targets) ? pointer('spec', field, at) : pointer('spec', field);
        throw new Refusal('parseEntityRef', place, error.message);
      }
    }
  }
}

async function verdict({ document, text }) {
  let parsed = document;
  if (text !== undefined) {
    try {
      parsed = JSON.parse(text);
    } catch (error) {
      return new Refusal('JSON.parse', null, error.message);
    }
  }
  try {
    await check(parsed);
    return { verdict: 'accepted' };
  } catch (refusal) {
    if (refusal instanceof Refusal) return refusal;
    throw refusal;
  }
}

// Not `readline`: for it U+2028, which JSON may hold as it is, ends a line.
async function* lines(input) {
  let rest = '';
  for await (const chunk of input.setEncoding('utf8')) {
    const whole = (rest + chunk).split('\n');
    rest = whole.pop();
    yield* whole;
  }
  if (rest) yield rest;
}

for await (const line of lines(process.stdin)) {
  const { id, ...given } = JSON.parse(line);
  process.stdout.write(`${JSON.stringify({ id, ...(await verdict(given)) })}\n`);
}
