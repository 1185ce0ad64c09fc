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

// Every page is loaded once at each width, in another theme each, and looked at in the other theme
// too, as it changes when somebody's system does.
const titles = new Map(); // the route that has it
for (const route of routes) {
  const { name, signedIn, as, expected } = route;
  for (const [i, width] of widths.entries()) {
    test(`${name} is whole at ${width} px, in both themes, with a title of its own`, async () => {
      const { path } = route; // known by now
      const order = i % 2 === 0 ? themes : themes.toReversed();
      const { page, go, good, close } = await openPage(browser, muster, { theme: order[0], width, signedIn, as, expected });
      await go(path);
      const title = await page.title();
      assert.equal(titles.get(title) ?? route.route, route.route, `${path} has the title of another page: ${title}`);
      titles.set(title, route.route);
      for (const theme of order) {
        await page.emulateMedia({ colorScheme: theme });
        await page.locator(`html[data-mantine-color-scheme="${theme}"]`).waitFor();
        await good(`${path} ${theme} ${width}`);
      }
      await close();
    });
  }
}
