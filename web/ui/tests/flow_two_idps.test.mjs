// Two identity providers stand for one person: what one lets go stays while the other holds it,
// and everybody who may read can see why.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openPage, startBrowser } from './harness/browser.mjs';
import { startMuster } from './harness/muster.mjs';

const ada = 'ada@acme.example';
const schema = { User: ['urn:ietf:params:scim:schemas:core:2.0:User'], Group: ['urn:ietf:params:scim:schemas:core:2.0:Group'], Patch: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'] };
let muster;
let browser;
let user;

before(async () => {
  [muster, browser] = await Promise.all([startMuster(), startBrowser()]);
});
after(async () => {
  await browser?.close();
  await muster?.stop();
});

test('a membership that two providers send stays when one drops it, and the pages name the one that holds it', async () => {
  const sent = {};
  for (const slug of ['okta', 'entra']) {
    const made = await muster.connector({ slug, mode: 'live' });
    const send = async (method, path, body) => {
      const answer = await muster.scim(slug, made.token, method, path, body);
      assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
      return answer.status === 204 ? null : answer.json();
    };
    const record = await send('POST', '/Users', { schemas: schema.User, userName: ada, active: true });
    const group = await send('POST', '/Groups', { schemas: schema.Group, displayName: 'jira-users', members: [{ value: record.id }] });
    sent[slug] = { send, record, group };
  }
  const all = (await muster.api('GET', '/directories/main/users')).items;
  assert.equal(all.length, 1, 'they stand for one person');
  [user] = all;

  const { page, go, settled, good, close } = await openPage(browser, muster, { as: 'viewer' });
  await go(`/users/${user.id}`);
  const row = page.getByRole('row', { name: /jira-users/ }).first();
  await row.waitFor();
  await settled();
  const before = await row.innerText();
  assert.match(before, /okta/, 'one reason');
  assert.match(before, /entra/, 'and the other');
  await good('a membership with two supporters');

  await sent.okta.send('PATCH', `/Groups/${sent.okta.group.id}`, { schemas: schema.Patch, Operations: [{ op: 'remove', path: `members[value eq "${sent.okta.record.id}"]` }] });
  await page.reload();
  await settled();
  const after = await row.innerText();
  assert.match(after, /entra/);
  assert.doesNotMatch(after, /okta/);
  await row.getByRole('link', { name: 'jira-users', exact: true }).click();
  await page.getByRole('heading', { name: 'jira-users', level: 1 }).waitFor();
  await page.getByRole('row', { name: new RegExp(`${ada}.*entra`, 's') }).waitFor();
  await settled();
  await good('the group that the other still feeds');
  await page.getByRole('link', { name: `Why? ${ada}` }).click();
  await page.locator('main [role="status"] .note', { hasText: 'entra' }).waitFor();
  await settled();
  await good('why a viewer reads that it stays');

  await sent.entra.send('DELETE', `/Groups/${sent.entra.group.id}`);
  await page.reload();
  await page.locator('main [role="status"] .note', { hasText: 'No, not a member' }).waitFor();
  await close();
});

test('who was disabled by a provider is explained to whoever may only read, down to the request', async () => {
  const made = await muster.connector({ slug: 'leaver', mode: 'live' });
  const record = await (await muster.scim('leaver', made.token, 'POST', '/Users', { schemas: schema.User, userName: 'eve@acme.example', active: true })).json();
  await muster.scim('leaver', made.token, 'PATCH', `/Users/${record.id}`, { schemas: schema.Patch, Operations: [{ op: 'replace', path: 'active', value: false }] });
  const { page, go, settled, good, close } = await openPage(browser, muster, { as: 'viewer' });
  await go('/users/eve@acme.example');
  await page.getByText('Disabled', { exact: true }).first().waitFor();
  await page.getByRole('row', { name: /^Status Inactive/i }).waitFor();
  await page.getByRole('region', { name: 'What happened' }).getByText('Disabled').first().waitFor();
  await good('somebody disabled');
  await page.getByRole('link', { name: 'Why…?' }).click();
  await page.getByText('The status', { exact: true }).click();
  await page.getByRole('button', { name: 'Ask why' }).click();
  await page.locator('main [role="status"] .note', { hasText: 'leaver' }).waitFor();
  await settled();
  await good('why somebody is disabled');
  await go('/audit?user=eve@acme.example&action=directory.user.');
  await page.getByRole('link', { name: /^Request of Disabled/ }).first().click();
  await page.getByRole('heading', { name: 'A request' }).waitFor();
  await close();
});
