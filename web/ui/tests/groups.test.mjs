// What feeds a group, which rules are about its name, empty groups, and the members on both sides of
// a conflict about a group.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openPage, startBrowser, themes, widths } from './harness/browser.mjs';
import { startMuster } from './harness/muster.mjs';

const schema = { User: ['urn:ietf:params:scim:schemas:core:2.0:User'], Group: ['urn:ietf:params:scim:schemas:core:2.0:Group'] };
let muster;
let browser;

async function send(connector, path, body) {
  const answer = await muster.scim(connector.slug, connector.token, 'POST', path, body);
  assert.ok(answer.ok, `POST ${path}: ${answer.status} ${await answer.clone().text()}`);
  return (await answer.json()).id;
}

// group has a connector send a group and as many users of its own in it.
async function group(connector, displayName, users) {
  const members = [];
  for (let i = 0; i < users; i++) members.push({ value: await send(connector, '/Users', { schemas: schema.User, userName: `${displayName}-${String(i).padStart(2, '0')}@${connector.slug}.example`.toLowerCase(), active: true }) });
  await send(connector, '/Groups', { schemas: schema.Group, displayName, members });
}

before(async () => {
  [muster, browser] = await Promise.all([startMuster(), startBrowser()]);
  const okta = { slug: 'okta', ...(await muster.connector({ slug: 'okta', mode: 'live' })) };
  await muster.run('rules', 'set', 'okta', '{"onlyAssign":[{"startsWith":"team-"},"staff"],"mapping":{"renames":[{"from":{"matches":"okta-(.+)"},"to":"$1"}]}}');
  const onelogin = { slug: 'onelogin', ...(await muster.connector({ slug: 'onelogin', mode: 'live' })) };
  await muster.run('rules', 'set', 'onelogin', '{"neverAssign":["vpn",".*-eng"]}');
  const entra = { slug: 'entra', ...(await muster.connector({ slug: 'entra', tenant: 'globex', mode: 'live' })) };
  await group(okta, 'okta-team-eng', 2);
  await group(okta, 'staff', 1);
  await group(onelogin, 'Team-Eng', 1);
  await group(entra, 'Staff', 12);
  for (const displayName of ['bare', 'void']) await muster.api('POST', '/directories/main/groups', { displayName });
});
after(async () => {
  await browser?.close();
  await muster?.stop();
});

// everywhere looks at a page in both themes and widths.
async function everywhere(path, name, awaited) {
  for (const theme of themes) {
    for (const width of widths) {
      const { page, go, good, close } = await openPage(browser, muster, { theme, width });
      await go(path);
      await awaited(page);
      if (process.env.MUSTER_SCREENSHOTS) await page.screenshot({ path: `${process.env.MUSTER_SCREENSHOTS}/${name}__${theme}__${width}.png`, fullPage: true });
      await good(`${name} ${theme} ${width}`);
      await close();
    }
  }
}

test('the page of a group says what feeds it under which names, which rules are about it, and what they would do', async () => {
  const { page, go, good, close } = await openPage(browser, muster);
  await go('/groups/team-eng');
  const table = page.getByRole('region', { name: 'What each connector does with this name' });
  await table.waitFor();
  const row = (slug) => table.getByRole('row').filter({ has: page.getByRole('link', { name: slug, exact: true }) });
  assert.match(await row('okta').innerText(), /okta-team-eng with about 2 members[\s\S]*Let in[\s\S]*onlyAssign, entry 1: starts with team-/);
  assert.match(await row('onelogin').innerText(), /Team-Eng with about 1 member[\s\S]*Held back[\s\S]*neverAssign pattern "\.\*-eng" matches it[\s\S]*neverAssign, entry 2: \.\*-eng/);
  assert.match(await row('entra').innerText(), /no group of this name[\s\S]*If it were sent: dropped: the group is another tenant’s or local, and not shared/);
  await page.getByText('2 members: 2 sent by an IdP.').waitFor();
  await good('what feeds a group');
  await row('okta').getByRole('link', { name: 'okta', exact: true }).click();
  await page.waitForURL(/\/connectors\/okta\/rules\?find=team-eng/);
  await close();
  await everywhere('/groups/team-eng', 'group-fed', (p) => p.getByText('If it were sent').waitFor());
});

test('only empty groups are listed and counted, by the address too', async () => {
  const { page, go, good, close } = await openPage(browser, muster);
  await go('/groups');
  await page.getByText('4 groups', { exact: true }).waitFor();
  await page.getByRole('checkbox', { name: 'Only empty groups' }).press('Space');
  await page.getByText('2 empty groups', { exact: true }).waitFor();
  assert.deepEqual(await page.getByRole('region', { name: 'Groups' }).getByRole('rowheader').allInnerTexts(), ['bare', 'void']);
  await good('empty groups');
  await go('/groups?empty=true&q=void');
  await page.getByText('1 empty group', { exact: true }).waitFor();
  await close();
});

test('a conflict about a group is met on its page, and both sides are weighed before it is decided', async () => {
  const { page, go, good, close } = await openPage(browser, muster);
  await go('/groups/staff');
  await page.getByText('A conflict about this name waits for somebody').waitFor();
  await page.getByRole('link', { name: 'Weigh and decide about entra' }).click();
  const sides = page.getByRole('region', { name: 'Members on both sides' });
  await sides.waitFor();
  assert.deepEqual((await sides.getByRole('row').allInnerTexts()).slice(1).map((row) => row.replace(/\s+/g, ' ').trim()), [
    'Sent by entra 12', 'In the group 1 All members', 'Both 0',
    `Sent, and not in it 12 ${Array.from({ length: 10 }, (_, i) => `staff-0${i}@entra.example`).join(', ')} and 2 more`,
  ]);
  await page.getByText('Share it: up to 12 of entra join, nobody leaves.').waitFor();
  await good('both sides of a conflict');
  const there = page.url().slice(page.url().indexOf('/ui') + '/ui'.length);
  await close();
  await everywhere(there, 'conflict-weighed', (p) => p.getByText('The ways out:').waitFor());
  // What was promised is what comes of it.
  await muster.api('PATCH', '/directories/main', { sharedGroups: ['staff'] });
  const again = await openPage(browser, muster);
  await again.go('/groups/staff');
  await again.page.getByText(/^13 members: /).waitFor();
  assert.equal(await again.page.getByText('A conflict about this name').count(), 0);
  await again.close();
});
