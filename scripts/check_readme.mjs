// The README's relative links lead somewhere, and its commands exist: make targets, cargo examples,
// npm scripts, files.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const read = (file) => readFileSync(join(root, file), 'utf8');
const readme = read('README.md');
const faults = [];
const expect = (holds, fault) => {
  if (!holds) faults.push(fault);
};

for (const [, target] of readme.matchAll(/\]\(([^)\s]+)\)/g)) {
  if (!/^(https?:|#)/.test(target))
    expect(existsSync(join(root, target.split('#')[0])), `link to ${target}`);
}

const headings = new Set(
  [...readme.matchAll(/^#+ (.*)$/gm)].map(([, text]) =>
    text
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replace(/ /g, '-'),
  ),
);
for (const [, anchor] of readme.matchAll(/\]\(#([^)]+)\)/g))
  expect(headings.has(anchor), `anchor #${anchor}`);

const targets = new Set(
  [...read('Makefile').matchAll(/^([a-z][\w-]*):/gm)].map(([, name]) => name),
);
const examples = new Set(
  readdirSync(join(root, 'examples')).map((file) => file.replace(/\.rs$/, '')),
);
const scripts = JSON.parse(read('package.json')).scripts;
const commands = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block).join('\n');
expect(commands.trim() !== '', 'no commands at all');
for (const [, name] of commands.matchAll(/^make ([\w-]+)/gm))
  expect(targets.has(name), `make ${name}`);
for (const [, name] of commands.matchAll(/--example (\w+)/g))
  expect(examples.has(name), `cargo example ${name}`);
for (const [, name] of commands.matchAll(/npm run ([\w-]+)/g))
  expect(name in scripts, `npm run ${name}`);

for (const fault of faults) console.error(`README.md: ${fault} does not exist`);
console.log(
  `README.md: ${faults.length === 0 ? 'links and commands exist' : `${faults.length} faults`}`,
);
process.exit(faults.length === 0 ? 0 : 1);
