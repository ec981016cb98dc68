import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const folder = new URL('../styles/', import.meta.url);

// a brace lost when two changes are merged takes the rules after it along, and nothing says so
test('every block of every stylesheet is closed before the next section', () => {
  for (const name of readdirSync(folder)) {
    let depth = 0;
    for (const [index, line] of readFileSync(new URL(name, folder), 'utf8').split('\n').entries()) {
      assert.ok(depth === 0 || /^\s|^$|^[})"]/.test(line), `${name}:${index + 1} stands inside of a block that was not closed: ${line}`);
      depth += (line.match(/{/g)?.length ?? 0) - (line.match(/}/g)?.length ?? 0);
    }
    assert.equal(depth, 0, `${name} ends inside of a block`);
  }
});
