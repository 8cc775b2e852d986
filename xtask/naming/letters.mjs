// The letters that a library replaces, as `crates/portal-sync/src/naming/*.txt` list them.
//
//   npm ci && node letters.mjs deburr     # lodash
//   npm ci && node letters.mjs charmap    # slugify
//
// Both are asked about every character: neither exports its table.

import process from 'node:process';
import deburr from 'lodash/deburr.js';
import slugify from 'slugify';

const libraries = {
  deburr: {
    source: 'lodash 4.17.21 (MIT, the OpenJS Foundation and other contributors), `deburr`',
    // Combining marks are removed by their ranges.
    replace: character => deburr(character) || character,
  },
  charmap: {
    source: 'slugify 1.6.6 (MIT, Simeon Velichkov), the characters that it spells out',
    replace: character =>
      // White space is replaced too, but not by the table; what is composed first never meets it.
      /\s/.test(character) || character !== character.normalize()
        ? character
        : slugify(character, { replacement: ' ', remove: /(?!)/, trim: false }),
  },
};

const [name] = process.argv.slice(2);
const library = libraries[name];
if (library === undefined) {
  process.stderr.write(`usage: node letters.mjs ${Object.keys(libraries).join('|')}\n`);
  process.exit(2);
}
const letters = new Map();
for (let code = 0; code < 0x10000; code += 1) {
  const character = String.fromCharCode(code);
  const replacement = library.replace(character);
  if (character.isWellFormed() && replacement !== character) {
    letters.set(replacement, (letters.get(replacement) ?? '') + character);
  }
}
const lines = [...letters].map(([replacement, characters]) => `${replacement}\t${characters}\n`);
process.stdout.write(`# ${library.source}: written by xtask/naming/letters.mjs.\n${lines.join('')}`);
