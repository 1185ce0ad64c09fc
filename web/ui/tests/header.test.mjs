// The header on every page: what the deployment is called, and the search's shortcut.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openPage, startBrowser } from './harness/browser.mjs';
import { startMuster } from './harness/muster.mjs';

let muster;
let browser;

before(async () => {
  [muster, browser] = await Promise.all([startMuster({ MUSTER_ENVIRONMENT_LABEL: 'Production Üsküdar, red' }), startBrowser()]);
  await muster.connector({ slug: 'acme-okta' });
});
after(async () => {
  await browser?.close();
  await muster?.stop();
});

for (const [theme, width] of [['light', 1280], ['dark', 320]]) {
  test(`every page says which environment it is, in ${theme} at ${width} px`, async () => {
    const { page, go, good, close } = await openPage(browser, muster, { theme, width });
    for (const path of ['/', '/connectors/acme-okta/setup', '/settings/account']) {
      await go(path);
      await page.getByRole('banner').getByText('Production Üsküdar').waitFor();
      assert.match(await page.title(), / · Muster Production Üsküdar$/);
      await good(`${path} with a label`);
    }
    await close();
  });
}

test('strangers are not told which environment it is', async () => {
  const { page, go, close } = await openPage(browser, muster, { signedIn: false });
  await go('/sign-in');
  assert.equal((await page.content()).includes('Production'), false);
  assert.match(await page.title(), / · Muster$/);
  await close();
});

test('the shortcut of one sign can be switched off, and stays so in this browser', async () => {
  const { page, go, good, settled, close } = await openPage(browser, muster);
  await go('/connectors');
  const search = page.getByRole('combobox', { name: 'Search' });
  await page.keyboard.press('/');
  await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'combobox');
  await page.getByRole('button', { name: 'Account: Ada Lovelace' }).click();
  const item = page.getByRole('menuitemcheckbox', { name: '“/” leads to the search' });
  assert.equal(await item.getAttribute('aria-checked'), 'true');
  await item.click();
  await page.reload();
  await settled();
  await page.getByRole('heading', { level: 1 }).click();
  await page.keyboard.press('/');
  assert.equal(await search.evaluate((field) => field === document.activeElement), false, '"/" still leads to the search');
  assert.equal(await search.getAttribute('aria-keyshortcuts'), 'Control+K Meta+K');
  await good('the header without the shortcut');
  await page.keyboard.press('Control+k');
  await page.waitForFunction(() => document.activeElement?.getAttribute('role') === 'combobox');
  await close();
});
