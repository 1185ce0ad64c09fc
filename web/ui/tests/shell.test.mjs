// What goes wrong on the way, the theme, and the watch of the harness itself.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openPage, startBrowser } from './harness/browser.mjs';
import { startMuster } from './harness/muster.mjs';

let muster;
let browser;

before(async () => {
  [muster, browser] = await Promise.all([startMuster(), startBrowser()]);
  await muster.connector({ slug: 'acme-okta' });
});
after(async () => {
  await browser?.close();
  await muster?.stop();
});

test('an address that leads nowhere says so', async () => {
  const { page, go, good, close } = await openPage(browser, muster, { expected: [404] });
  await go('/nowhere');
  await page.getByRole('heading', { name: 'No such page' }).waitFor();
  await good('the page that is not there');
  await go('/connectors/none/setup');
  await page.getByText('Not found').waitFor();
  await good('the connector that is not there');
  await close();
});

test('a server that fails is said with what to do, and reading goes on when it is back', async () => {
  const { page, go, settled, good, close } = await openPage(browser, muster, { expected: [503] });
  const problem = { title: 'Service Unavailable', status: 503, code: 'unavailable', detail: 'The database cannot answer just now. Try again in a few seconds.' };
  await page.route('**/api/v1/connectors?*', (route) => route.fulfill({ status: 503, contentType: 'application/problem+json', headers: { 'X-Request-Id': 'REQUEST7' }, body: JSON.stringify(problem) }));
  await page.goto(`${muster.url}/ui/connectors`);
  await page.getByText('The database cannot answer just now.').waitFor();
  await page.getByText('unavailable · REQUEST7').waitFor();
  await good('the failed list');
  await page.unroute('**/api/v1/connectors?*');
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('link', { name: 'acme-okta' }).waitFor();
  await settled();
  await close();
});

test('at 320 px the areas are behind a button', async () => {
  const { page, go, good, close } = await openPage(browser, muster, { width: 320 });
  await go('/connect');
  assert.equal(await page.getByRole('link', { name: 'Connectors' }).isVisible(), false);
  await page.getByRole('button', { name: 'Open the menu' }).click();
  await page.getByRole('link', { name: 'Connectors' }).click();
  await page.getByRole('heading', { name: 'Connectors' }).waitFor();
  await page.getByRole('button', { name: 'Open the menu' }).waitFor();
  await good('the list behind the menu');
  await close();
});

test('the theme that is chosen stays', async () => {
  const { page, go, good, close } = await openPage(browser, muster);
  await go('/connectors');
  await page.getByRole('button', { name: 'Account: Ada Lovelace' }).click();
  await page.getByRole('menuitemradio', { name: 'Dark' }).waitFor();
  await good('the menu');
  await page.getByRole('menuitemradio', { name: 'Dark' }).click();
  await page.reload();
  await page.locator('html[data-mantine-color-scheme="dark"]').waitFor();
  await close();
});

for (const [what, script] of [
  ['an inline script', 'const s = document.createElement("script"); try { s.textContent = "1"; document.body.append(s) } catch {}'],
  ['an inline style', 'const s = document.createElement("style"); s.textContent = "h1{color:red}"; document.head.append(s)'],
  ['a request elsewhere', 'fetch("http://127.0.0.1:1/").catch(() => {})'],
  ['sideways scroll', 'document.querySelector("main").append(Object.assign(document.createElement("p"), { textContent: "x".repeat(3000) }))'],
  ['a picture without words', 'document.querySelector("main").append(document.createElement("img"))'],
  ['text that holds markup', 'try { document.querySelector("main").innerHTML = "<b>x</b>" } catch (e) { console.error(e) }'],
]) {
  test(`the watch sees ${what}`, async () => {
    const { page, go, good, close } = await openPage(browser, muster);
    await go('/connectors');
    await page.evaluate(`(() => { ${script} })()`);
    await assert.rejects(good(), { name: 'AssertionError' });
    await close();
  });
}
