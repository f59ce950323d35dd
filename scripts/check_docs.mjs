// Checks every Markdown file of the repository: relative links lead to a file, anchors to a heading
// of it, files that are named in code spans exist, and so do the commands in `sh` blocks (make
// targets, cargo examples, npm scripts).
// Links to `crate::` items are rustdoc's to check.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
const read = (file) => readFileSync(join(root, file), 'utf8');
const faults = [];
const documents = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], {
  cwd: root,
  encoding: 'utf8',
})
  .trim()
  .split('\n')
  .filter((file) => existsSync(join(root, file)));

/** The anchors that a Markdown file's headings get. @param {string} file */
function anchorsOf(file) {
  const headings = [...read(file).matchAll(/^#+ (.*)$/gm)].map(([, text]) => text.toLowerCase());
  return headings.map((text) => text.replace(/[^\w\- ]/g, '').replace(/ /g, '-'));
}

/** @param {string} file @param {string} link   relative to the file */
function linkLeadsSomewhere(file, link) {
  const [path, anchor] = link.split('#');
  const target = path ? join(dirname(join(root, file)), path) : join(root, file);
  if (!existsSync(target)) return false;
  if (!anchor || statSync(target).isDirectory() || !target.endsWith('.md')) return true;
  return anchorsOf(relative(root, target)).includes(anchor);
}

const targets = [...read('Makefile').matchAll(/^([a-z][\w-]*):/gm)].map(([, name]) => name);
const examples = readdirSync(join(root, 'examples')).map((file) => file.replace(/\.rs$/, ''));
const scripts = Object.keys(JSON.parse(read('package.json')).scripts);
const COMMANDS = [
  { pattern: /^make ([\w-]+)/gm, known: targets },
  { pattern: /--example (\w+)/g, known: examples },
  { pattern: /npm run ([\w-]+)/g, known: scripts },
];

/** A file or folder of the repository in a code span, named from its root. */
const SOURCE_PATH =
  /`((?:\.ci|command|docs|examples|gpu|js|scripts|src|tests|weights|www)\/[\w./-]*)`/g;

for (const file of documents) {
  const text = read(file);
  for (const [, link] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
    const elsewhere = /^(https?:|crate::)/.test(link);
    if (!elsewhere && !linkLeadsSomewhere(file, link)) faults.push(`${file}: link to ${link}`);
  }
  for (const [, path] of text.matchAll(SOURCE_PATH)) {
    if (!existsSync(join(root, path))) faults.push(`${file}: there is no ${path}`);
  }
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block).join('\n');
  if (file === 'README.md' && !blocks.trim()) faults.push(`${file}: no commands at all`);
  for (const { pattern, known } of COMMANDS) {
    for (const [command, name] of blocks.matchAll(pattern)) {
      if (!known.includes(name)) faults.push(`${file}: ${command} does not exist`);
    }
  }
}

for (const fault of faults) console.error(fault);
console.log(`${documents.length} documents: ${faults.length} broken links, paths or commands`);
process.exit(faults.length === 0 ? 0 : 1);
