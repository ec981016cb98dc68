/**
 * Copies the third-party ES modules that the pages import into static/vendor/, with their licences.
 *
 * The browser resolves the names through importmap.json, so nothing is bundled or rewritten; only the source map
 * comments go, because the maps are not shipped. Run it as `npm run vendor` after `npm ci`.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, 'node_modules');
const vendor = join(here, 'vendor');

/** Bare name in the import map → the ES build inside its package. */
const BUILDS = {
  preact: 'preact/dist/preact.mjs',
  'preact/hooks': 'preact/hooks/dist/hooks.mjs',
  'preact/jsx-runtime': 'preact/jsx-runtime/dist/jsxRuntime.mjs',
  htm: 'htm/dist/htm.mjs',
  'htm/preact': 'htm/preact/index.mjs',
  '@preact/signals-core': '@preact/signals-core/dist/signals-core.mjs',
  '@preact/signals': '@preact/signals/dist/signals.mjs',
  'socket.io-client': 'socket.io-client/dist/socket.io.esm.min.js',
  // without subtitles, alternate sound and DRM, none of which livehub sends: a third less
  'hls.js': 'hls.js/dist/hls.light.min.mjs',
};

/** Packages whose code is in those files (socket.io-client's build carries its own dependencies). */
const NOTICES = [
  'preact', 'htm', '@preact/signals', '@preact/signals-core', 'socket.io-client', 'socket.io-parser',
  'engine.io-client', 'engine.io-parser', '@socket.io/component-emitter', 'hls.js',
];

async function copyBuilds() {
  const { imports } = JSON.parse(await readFile(join(here, 'importmap.json'), 'utf8'));
  for (const [name, file] of Object.entries(BUILDS)) {
    const target = imports[name];
    if (!target?.startsWith('/static/vendor/')) throw new Error(`importmap.json has no vendor path for ${name}`);
    const source = await readFile(join(modules, file), 'utf8');
    await writeFile(join(vendor, target.slice('/static/vendor/'.length)), source.replace(/\s*\/\/# sourceMappingURL=\S*\s*$/, '\n'));
  }
}

async function writeNotices() {
  const parts = [];
  for (const name of NOTICES) {
    const { version, license } = JSON.parse(await readFile(join(modules, name, 'package.json'), 'utf8'));
    const text = await readFile(join(modules, name, 'LICENSE'), 'utf8');
    parts.push(`${name} ${version} (${license})\n\n${text.trim()}\n`);
  }
  await writeFile(join(vendor, 'NOTICES.txt'), parts.join(`\n${'-'.repeat(78)}\n\n`));
}

await rm(vendor, { recursive: true, force: true });
await mkdir(vendor, { recursive: true });
await copyBuilds();
await writeNotices();
console.log(`${Object.keys(BUILDS).length} modules are in static/vendor`);
