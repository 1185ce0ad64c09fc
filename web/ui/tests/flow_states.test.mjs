// Every page while nothing has come, when nothing comes, and when it comes again: the network is
// held and cut, the server ended and started; nothing that it says is made up.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openPage, startBrowser } from './harness/browser.mjs';
import { startMuster } from './harness/muster.mjs';
import { fill } from './harness/world.mjs';
import { find, routes } from './routes.mjs';

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

// Who is signed in is asked before there is a page; signin.test.mjs has what is shown without it.
const whoAmI = '/api/v1/me';

// holdReads keeps every reading of a page from its answer. cut then ends them without one, and all
// that follow, until mend. asked are their paths.
async function holdReads(page) {
  const held = [];
  const asked = new Set();
  let cutting = false;
  const hold = (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname === whoAmI) return route.continue();
    asked.add(pathname);
    return cutting ? route.abort() : void held.push(route);
  };
  await page.route('**/api/v1/**', hold);
  return {
    asked,
    async cut() {
      cutting = true;
      await Promise.all(held.splice(0).map((route) => route.abort().catch(() => {})));
    },
    mend: () => page.unroute('**/api/v1/**', hold),
  };
}

// One state of each route is enough, of those that read something before they are of use: forms do not.
const forms = new Set(['connect', 'connect-okta', 'why']);
const seen = new Set();
const tried = routes.filter(({ route, name, signedIn, expected }) => signedIn !== false && !forms.has(name) && expected === undefined && !seen.has(route) && seen.add(route));

const windows = new Map(); // by role; all pages of a role are tried in one

for (const { name, route, as = 'owner' } of tried) {
  test(`${name} says that it reads, that it could not, and goes on without being loaded again`, async () => {
    const { path } = routes.find((r) => r.name === name); // known by now
    if (!windows.has(as)) windows.set(as, await openPage(browser, muster, { as, cut: true }));
    const { page, settled, good } = windows.get(as);
    await page.goto('about:blank');
    const reads = await holdReads(page);
    try {
      await page.goto(`${muster.url}/ui${path}`);
      await page.locator('h1').first().waitFor();
      const main = page.locator('main');
      await main.locator('[aria-busy="true"]').first().waitFor();
      assert.equal(await main.getByRole('alert').count(), 0, 'nothing has failed yet');

      await reads.cut();
      const again = main.getByRole('button', { name: 'Try again' });
      await again.first().waitFor();
      await main.getByText('Muster did not answer.').first().waitFor();
      await page.waitForFunction(() => document.querySelector('main [aria-busy="true"]') === null);
      await good(`${route} when nothing came`);

      await reads.mend();
      for (let n = 0; n < 10 && await again.count() > 0; n++) {
        await again.evaluateAll((buttons) => buttons[0]?.click()); // what is asked again anyway may have come by now
        await settled();
      }
      assert.equal(await main.getByText('Muster did not answer.').count(), 0, 'it came');
    } finally {
      await reads.mend();
    }
  });
}

test('what is shown stays while the server is away, says so, and is new when it is back', async () => {
  const { page, go, settled, good, close } = await openPage(browser, muster, { cut: true, expected: [502, 503] });
  await go('/connectors/acme-onelogin/setup');
  await page.getByText('Something comes that cannot work').waitFor();
  const code = page.waitForResponse((response) => response.url().includes('/assets/Groups'));
  await page.getByRole('link', { name: 'Groups', exact: true }).hover(); // fetches the page's code, and none of its data
  await code;
  await muster.halt();
  try {
    await page.getByText('Live updates are interrupted.').waitFor();
    await page.getByText('Something comes that cannot work').waitFor();
    await good('the light without its stream');
    await page.getByRole('link', { name: 'Groups', exact: true }).click();
    await page.getByRole('button', { name: 'Try again' }).first().waitFor();
    await page.getByText('Muster did not answer.').first().waitFor();
    await good('a page without a server');
  } finally {
    await muster.resume();
  }
  await page.getByRole('button', { name: 'Try again' }).first().click();
  await page.getByRole('link', { name: 'everyone', exact: true }).waitFor();
  await settled();
  await page.goBack();
  await page.getByText('Something comes that cannot work').waitFor();
  await page.getByText('Live updates are interrupted.').waitFor({ state: 'detached' });
  await good('the light with its stream again');
  await close();
});

test('a page whose code was never loaded says that the server is away, and opens when it is back', async () => {
  const { page, go, settled, good, close } = await openPage(browser, muster, { cut: true, expected: [502, 503] });
  await go('/connectors');
  await page.evaluate(() => { window.stayed = true; });
  await muster.halt();
  try {
    await page.getByRole('link', { name: 'Audit', exact: true }).click();
    await page.getByText('Muster did not answer.').first().waitFor();
    await good('a page without its code');
  } finally {
    await muster.resume();
  }
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('heading', { level: 1, name: 'Audit' }).waitFor();
  await settled();
  assert.equal(await page.evaluate(() => window.stayed), true, 'the window was not loaded anew');
  await good('the page whose code came');
  await close();
});

test('a form keeps what was typed when nothing answers, and sends it afterwards', async () => {
  const { page, go, good, close } = await openPage(browser, muster, { cut: true });
  await go('/connect?kind=okta');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('Okta of the branch');
  await page.getByLabel('Tenant', { exact: true }).selectOption('acme');
  const reads = await holdReads(page);
  await reads.cut();
  await page.getByRole('button', { name: 'Create' }).click();
  await page.getByText('What you typed is still here.').waitFor();
  assert.equal(await page.getByRole('textbox', { name: 'Name', exact: true }).inputValue(), 'Okta of the branch');
  await good('the form that was not sent');
  await reads.mend();
  await page.getByRole('button', { name: 'Create' }).click();
  await page.getByText('Shown this once').waitFor();
  assert.equal((await muster.api('GET', '/connectors/okta-of-the-branch')).name, 'Okta of the branch');
  await close();
});
