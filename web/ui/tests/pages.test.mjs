// What holds for every page, in both themes and at both widths.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openPage, startBrowser, themes, widths } from './harness/browser.mjs';
import { startMuster } from './harness/muster.mjs';
import { fill } from './harness/world.mjs';
import { find, frames, routes } from './routes.mjs';

let muster;
let browser;

before(async () => {
  [muster, browser] = await Promise.all([startMuster(), startBrowser()]);
  await fill(muster);
  await find(muster);
});
after(async () => {
  await browser?.close();
  await muster?.stop();
});

test('every route is looked at here', async () => {
  const { page, go, close } = await openPage(browser, muster, {});
  await go('/connectors');
  const paths = await page.evaluate(() => Object.keys(window.__TSR_ROUTER__.routesByPath));
  await close();
  const known = new Set([...routes.map((r) => r.route), ...frames]);
  assert.ok(paths.length > 3, `the router says it has ${paths}`);
  assert.deepEqual(paths.map((path) => path.replace(/(.)\/$/, '$1')).filter((path) => !known.has(path)), [], 'add these routes to tests/routes.mjs');
});

test('titles are unique', async () => {
  const titles = new Map();
  for (const { route, path, signedIn, as, expected } of routes) {
    const { page, go, close } = await openPage(browser, muster, { signedIn, as, expected });
    await go(path);
    const title = await page.title();
    assert.equal(titles.get(title) ?? route, route, `${path} has the title of another page: ${title}`);
    titles.set(title, route);
    await close();
  }
});

for (const route of routes) {
  const { name, signedIn, as, expected } = route;
  for (const theme of themes) {
    for (const width of widths) {
      test(`${name} is whole in ${theme} at ${width} px`, async () => {
        const { path } = route; // known by now
        const { go, good, close } = await openPage(browser, muster, { theme, width, signedIn, as, expected });
        await go(path);
        await good(`${path} ${theme} ${width}`);
        await close();
      });
    }
  }
}
