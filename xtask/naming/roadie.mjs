// What the Okta module of Roadie calls a user or a group, from the libraries it uses itself.
//
//   npm ci && node roadie.mjs ../../fixtures/naming/roadie.tsv
//
// reads the first column of the table and prints the whole table anew, so the difference to the file is what changed.
// A new row needs its first cell only. Cells are JSON strings; `throws` without quotes stands where Roadie fails.

import { readFileSync } from 'node:fs';
import process from 'node:process';
import kebabCase from 'lodash/kebabCase.js';
import slugify from 'slugify';

// Version 1.4.1, `dist/providers/{user,group}NamingStrategies`.
const strategies = {
  'strip-domain': email => email.substring(0, email.indexOf('@')),
  'kebab-case': text => kebabCase(text),
  'slugify-email': email => {
    const [local, domain] = email.split('@');
    const user = slugify(local, { lower: true, trim: true, remove: /[+]/g });
    return `${user}-${slugify(domain, { lower: true, trim: true })}`;
  },
  slugify: text => slugify(text, { lower: true, trim: true }),
};

// `isValidObjectName` of `@backstage/catalog-model` 1.10.1, `KubernetesValidatorFunctions`.
function isName(text) {
  return text.length >= 1 && text.length <= 63 && /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/.test(text);
}

// What cannot be seen, or joins with what stands before it, is escaped.
function cell(text) {
  const hidden = /(?! )[\p{C}\p{M}\p{Z}]/gu;
  const escape = character =>
    character.replace(/[^]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return JSON.stringify(text).replace(hidden, escape);
}

function row(input) {
  const cells = Object.values(strategies).flatMap(strategy => {
    try {
      const text = strategy(input);
      return [cell(text), isName(text) ? 'valid' : 'invalid'];
    } catch {
      return ['throws', 'invalid'];
    }
  });
  return [cell(input), ...cells];
}

const [path] = process.argv.slice(2);
if (path === undefined) {
  process.stderr.write('usage: node roadie.mjs <table>\n');
  process.exit(2);
}
const inputs = readFileSync(path, 'utf8')
  .split('\n')
  .slice(1)
  .filter(line => line !== '')
  .map(line => JSON.parse(line.split('\t')[0]));
const headings = ['input', ...Object.keys(strategies).flatMap(name => [name, 'name'])];
const lines = [headings, ...inputs.map(row)].map(cells => `${cells.join('\t')}\n`);
process.stdout.write(lines.join(''));
