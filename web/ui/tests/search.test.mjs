// The header's search: everything that a text names, from every page, by keyboard.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openPage, startBrowser, themes, widths } from './harness/browser.mjs';
import { startMuster } from './harness/muster.mjs';

const schema = { User: ['urn:ietf:params:scim:schemas:core:2.0:User'], Group: ['urn:ietf:params:scim:schemas:core:2.0:Group'] };
let muster;
let browser;
let user; // Ada in the directory
let request; // the id of the request that made her

// found is the list below the search.
const found = (page) => page.getByRole('listbox', { name: 'Found' });

before(async () => {
  [muster, browser] = await Promise.all([startMuster(), startBrowser()]);
  const { token } = await muster.connector({ slug: 'byron-okta', mode: 'live' });
  const made = await muster.scim('byron-okta', token, 'POST', '/Users', { schemas: schema.User, userName: 'ada@acme.example', displayName: 'Ada Byron', externalId: '00u1', active: true });
  assert.equal(made.status, 201);
  request = made.headers.get('X-Request-Id');
  const { id } = await made.json();
  await muster.scim('byron-okta', token, 'POST', '/Groups', { schemas: schema.Group, displayName: 'byron-readers', members: [{ value: id }] });
  [user] = (await muster.api('GET', '/directories/main/lookup?q=ada@acme.example')).people;
});
after(async () => {
  await browser?.close();
  await muster?.stop();
});

test('a part of a name finds users, groups and connectors, and the keyboard opens them', async () => {
  const { page, go, settled, good, close } = await openPage(browser, muster);
  const field = page.getByRole('combobox', { name: 'Search' });
  for (const [key, downs, path] of [['/', 1, `/users/${user.id}`], ['Control+k', 2, '/groups/'], ['/', 3, '/connectors/byron-okta']]) {
    await go('/conflicts');
    await page.keyboard.press(key);
    assert.equal(await field.evaluate((e) => e === document.activeElement), true, `${key} comes to the search`);
    await page.keyboard.type('byron');
    await page.getByText('3 found. Enter').waitFor();
    for (const kind of ['Users', 'Groups', 'Connectors']) assert.equal(await found(page).getByRole('group', { name: kind }).getByRole('option').count(), 1, kind);
    for (let i = 0; i < downs; i++) await page.keyboard.press('ArrowDown');
    const active = await field.getAttribute('aria-activedescendant');
    assert.equal(await found(page).getByRole('option', { selected: true }).getAttribute('id'), active);
    await good('what is found');
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname.startsWith(`/ui${path}`));
    await settled();
    assert.equal(await field.inputValue(), '', 'the search is empty again');
  }
  await close();
});

test('ids and addresses find whom they name, and the id of a request its page', async () => {
  const { page, go, close } = await openPage(browser, muster);
  const field = page.getByRole('combobox', { name: 'Search' });
  await go('/conflicts');
  for (const q of ['ADA@acme.example', '00u1', user.id]) {
    await field.fill(q);
    await found(page).getByRole('option', { name: 'ada@acme.example' }).waitFor();
    assert.equal(await found(page).getByRole('option').count(), 1, `${q} finds her alone`);
  }
  await field.fill(request);
  await found(page).getByRole('option', { name: request }).click();
  await page.waitForURL((url) => url.pathname === `/ui/activity/${request}`);
  await close();
});

test('a slash that is typed stays text, Escape shuts the list, Enter alone leads to all users', async () => {
  const { page, go, close } = await openPage(browser, muster);
  const field = page.getByRole('combobox', { name: 'Search' });
  await go('/users');
  await page.getByLabel('Find').focus();
  await page.keyboard.type('a/b');
  assert.equal(await page.getByLabel('Find').inputValue(), 'a/b');
  await field.fill('byron');
  await found(page).getByRole('option').first().waitFor();
  await field.press('Escape');
  assert.equal(await found(page).getByRole('option').count(), 0);
  assert.equal(await field.inputValue(), 'byron', 'what was typed stays');
  await field.press('Enter');
  await page.waitForURL((url) => url.pathname === '/ui/users' && url.searchParams.get('q') === 'byron');
  await close();
});

test('what is found is good in every theme and width, and so is nothing', async () => {
  for (const theme of themes) {
    for (const width of widths) {
      const { page, go, good, close } = await openPage(browser, muster, { theme, width });
      await go('/conflicts');
      await page.keyboard.press('/');
      await page.keyboard.type('byron');
      await page.getByText('3 found. Enter').waitFor();
      await good(`found, ${theme}, ${width}`);
      await page.getByRole('combobox', { name: 'Search' }).fill('zzz-nobody');
      await page.getByText('Nothing is found.').waitFor();
      await good(`nothing, ${theme}, ${width}`);
      await close();
    }
  }
});
