// Users, groups, conflicts, and the question why: found, understood, and changed by hand.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openPage, startBrowser, themes, widths } from './harness/browser.mjs';
import { startMuster } from './harness/muster.mjs';

const ada = 'ada@acme.example';
const schema = { User: ['urn:ietf:params:scim:schemas:core:2.0:User'], Group: ['urn:ietf:params:scim:schemas:core:2.0:Group'] };
let muster;
let browser;
let okta; // the connector's secrets
let record; // Ada's there
let user; // Ada in the directory

// send has an IdP send something and returns what it is answered.
async function send(connector, method, path, body) {
  const answer = await muster.scim(connector.slug ?? 'okta', connector.token, method, path, body);
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
  return { id: answer.headers.get('X-Request-Id'), body: answer.status === 204 ? null : await answer.json() };
}

before(async () => {
  [muster, browser] = await Promise.all([startMuster(), startBrowser()]);
  okta = { slug: 'okta', ...(await muster.connector({ slug: 'okta', mode: 'live' })) };
  await muster.run('rules', 'set', 'okta', '{"neverAssign":[".*-admins"]}');
  record = (await send(okta, 'POST', '/Users', {
    schemas: schema.User, userName: ada, displayName: 'Ada Byron', externalId: '00u1', title: 'Engineer', active: true, emails: [{ value: 'ada.byron@acme.example', primary: true, type: 'work' }],
  })).body;
  await send(okta, 'POST', '/Users', { schemas: schema.User, userName: 'grace@acme.example', displayName: 'Grace Hopper', active: true });
  for (const displayName of ['jira-users', 'jira-admins']) await send(okta, 'POST', '/Groups', { schemas: schema.Group, displayName, members: [{ value: record.id }] });
  [user] = (await muster.api('GET', `/directories/main/lookup?q=${ada}`)).people;
});
after(async () => {
  await browser?.close();
  await muster?.stop();
});

test('the search finds a user by e-mail, a part of the name, every id and the id of a request', async () => {
  const request = (await send(okta, 'PATCH', `/Users/${record.id}`, {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [{ op: 'replace', path: 'title', value: 'Countess' }],
  })).id;
  const { page, go, good, close } = await openPage(browser, muster);
  for (const q of ['ada.byron@acme.example', 'ADA@', 'byron', '00u1', record.id, user.id, request]) {
    await go('/users');
    await page.getByLabel('Find').fill(q);
    await page.getByText(/^Found [^;]*\.$/).waitFor(); // not the list of all any more, and nothing is still looked for
    const link = page.locator('main').getByRole('link', { name: q === request ? `user ${user.id}` : ada, exact: true });
    await link.first().waitFor();
    assert.equal(await link.count(), 1, `${q} finds the user once`);
    assert.equal(new URL(page.url()).searchParams.get('q')?.replaceAll('"', ''), q, 'the search stands in the address');
  }
  await good('what is found');
  await close();
});

test('what nobody is called says so', async () => {
  const { page, go, good, close } = await openPage(browser, muster);
  await go('/users?q=zzz-nobody');
  await page.getByText('Nobody is found').waitFor();
  await good('nobody found');
  await close();
});

test('why somebody is not in a group takes four steps by keyboard, and the link gives the same answer', async () => {
  const { page, go, settled, good, close } = await openPage(browser, muster);
  await go('/users');
  await page.getByLabel('Find').focus();
  await page.keyboard.type('byron');
  await page.locator('main').getByRole('link', { name: ada }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: ada, level: 1 }).waitFor();
  await settled();
  const held = page.getByRole('region', { name: 'Groups that IdPs send and rules hold back' });
  assert.match(await held.innerText(), /jira-admins[\s\S]*\.\*-admins/, 'what a rule dropped is on the page, with the rule');
  await held.getByRole('link', { name: 'Why? jira-admins' }).focus();
  await page.keyboard.press('Enter');
  const answer = page.locator('main [role="status"] .note');
  await answer.waitFor();
  await settled();
  const text = await answer.innerText();
  assert.match(text, /No, not a member[\s\S]*\.\*-admins/);
  assert.match(await page.locator('section', { has: page.getByRole('heading', { name: 'What would change it' }) }).innerText(), /neverAssign/);
  await good('the answer');
  await page.getByRole('button', { name: 'Copy the answer for a ticket' }).click();
  await page.getByRole('button', { name: 'Copied the answer for a ticket' }).waitFor();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /How it came to this:[\s\S]*http.*\/ui\/why\?/);
  const link = page.url();
  await close();

  const other = await openPage(browser, muster);
  await other.page.goto(link);
  await other.page.locator('main [role="status"] .note').waitFor();
  assert.equal(await other.page.locator('main [role="status"] .note').innerText(), text);
  await other.close();
});

test('a question is asked about a status, and an unknown group is answered', async () => {
  const { page, go, good, close } = await openPage(browser, muster);
  await go('/why');
  await page.getByRole('button', { name: 'Ask why' }).click();
  await page.getByText('Say whom the question is about.').waitFor();
  await page.getByRole('textbox', { name: 'User' }).fill(ada);
  await page.getByText('The status', { exact: true }).click();
  await page.getByRole('button', { name: 'Ask why' }).click();
  await page.locator('main [role="status"] .note', { hasText: 'Active' }).waitFor();
  await good('why she is active');
  await go(`/why?user=${ada}&group=no-such-group`);
  await page.locator('main [role="status"] .note', { hasText: 'No, not a member' }).waitFor();
  await close();
});

test('the page of a user is whole in both themes and widths', async () => {
  for (const theme of themes) {
    for (const width of widths) {
      const { page, go, good, close } = await openPage(browser, muster, { theme, width });
      await go(`/users/${user.id}`);
      await page.getByText('00u1').first().waitFor();
      if (process.env.MUSTER_SCREENSHOTS) await page.screenshot({ path: `${process.env.MUSTER_SCREENSHOTS}/user__${theme}__${width}.png`, fullPage: true });
      await good(`the user ${theme} ${width}`);
      await close();
    }
  }
});

test('what the IdP would do is tried and nothing is changed', async () => {
  const { page, go, good, close } = await openPage(browser, muster);
  await go(`/users/${user.id}`);
  await page.getByRole('button', { name: 'Try a request of okta' }).click();
  await page.getByRole('button', { name: 'Try it' }).click();
  await page.getByText('The user would be disabled').waitFor();
  await good('the trial');
  assert.equal((await muster.api('GET', `/directories/main/users/${user.id}`)).status, 'active');
  await close();
});

test('a user is re-applied by keyboard after what that would do, and only by who may', async () => {
  const { page, go, good, close } = await openPage(browser, muster);
  await go(`/users/${user.id}`);
  await page.getByRole('button', { name: 'Re-apply…' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog').getByText('Nothing in the directory would change.').waitFor();
  await good('the preview');
  const acts = () => muster.api('GET', `/events?user=${user.id}&action=directory.user.reapplied`).then((e) => e.items.length);
  assert.equal(await acts(), 0, 'a preview is no act');
  await page.getByRole('dialog').getByRole('button', { name: 'Re-apply', exact: true }).focus();
  await page.keyboard.press('Enter');
  await page.locator('main [role="status"]', { hasText: 'Nothing had to change.' }).waitFor();
  assert.equal(await acts(), 1);
  await page.getByRole('cell', { name: /Settled again by hand/ }).first().waitFor();
  await good('what came of it');
  await close();

  const other = await openPage(browser, muster, { as: 'viewer' });
  await other.go(`/users/${user.id}`);
  await other.page.getByText('This takes the role operator').first().waitFor();
  assert.equal(await other.page.getByRole('button', { name: 'Re-apply…' }).count(), 0);
  await other.close();
});

test('what is held is said before and after a user is re-applied', async () => {
  const strict = { slug: 'strict', ...(await muster.connector({ slug: 'strict', tenant: 'initech', mode: 'live' })) };
  await muster.run('rules', 'set', 'strict', '{"safety":{"window":"1h","losses":0,"membershipLosses":0,"share":0}}');
  const held = (await send(strict, 'POST', '/Users', { schemas: schema.User, userName: 'held@initech.example', active: true })).body;
  const group = (await send(strict, 'POST', '/Groups', { schemas: schema.Group, displayName: 'initech-staff', members: [{ value: held.id }] })).body;
  await send(strict, 'PATCH', `/Groups/${group.id}`, { schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations: [{ op: 'remove', path: `members[value eq "${held.id}"]` }] });
  const [person] = (await muster.api('GET', '/directories/main/lookup?q=held@initech.example')).people;
  const { page, go, good, close } = await openPage(browser, muster);
  await go(`/users/${person.id}`);
  await page.getByRole('button', { name: 'Re-apply…' }).click();
  await page.getByRole('dialog').locator('.note', { hasText: 'Leave the group initech-staff' }).waitFor();
  await good('what is held');
  await page.getByRole('dialog').getByRole('button', { name: 'Re-apply', exact: true }).click();
  await page.locator('main [role="status"]', { hasText: 'Nothing had to change. 1 held.' }).waitFor();
  assert.equal((await muster.api('GET', `/directories/main/users/${person.id}`)).memberships.length, 1, 'it stays held');
  await muster.run('holds', 'apply', 'strict', '--all');
  await close();
});

test('a user’s page says what the IdP says of each attribute, since when a group is held, and what happened by kind', async () => {
  const { page, go, good, close } = await openPage(browser, muster);
  await go(`/users/${user.id}`);
  await page.getByRole('columnheader', { name: 'okta says' }).waitFor();
  const attributes = page.getByRole('region', { name: 'Attributes', exact: true });
  assert.match(await attributes.getByRole('row', { name: /^title/ }).innerText(), /^title\s+(\S+)\s+\1\s+okta\s/, 'the IdP’s value, the result and who gave it');
  await page.getByRole('columnheader', { name: 'Since' }).waitFor();
  assert.equal(await page.getByRole('row', { name: /jira-users/ }).locator('time').count() > 0, true, 'since when');
  await page.getByText('The user as JSON').first().click();
  await page.getByRole('region', { name: 'The user as JSON' }).getByText('"userName"').waitFor();
  const happened = page.getByRole('region', { name: 'What happened' });
  await page.getByLabel('Show', { exact: true }).selectOption('groups');
  await page.waitForURL(/told=groups/);
  await happened.getByText('Joined').first().waitFor();
  await happened.getByText('IdP sent a new user').waitFor({ state: 'detached' });
  await good('the groups alone');
  await page.reload();
  await happened.getByText('Joined').first().waitFor();
  assert.equal(await page.getByLabel('Show', { exact: true }).inputValue(), 'groups', 'the address holds it');
  await page.getByLabel('Show', { exact: true }).selectOption('held');
  await page.getByText('Nothing of this kind happened').waitFor();
  await close();
});

test('a user is blocked with a reason and the block is lifted', async () => {
  const { page, go, good, close } = await openPage(browser, muster);
  await go(`/users/${user.id}`);
  await page.getByRole('button', { name: 'Block…', exact: true }).click();
  await page.getByRole('button', { name: 'Block', exact: true }).click();
  await page.getByText('Say why, for the next administrator.').waitFor();
  await good('the block without a reason');
  await page.getByRole('textbox', { name: 'Why' }).fill('Laptop stolen');
  await page.keyboard.press('Enter');
  await page.locator('.note', { hasText: 'Laptop stolen' }).waitFor();
  assert.equal((await muster.api('GET', `/directories/main/users/${user.id}`)).status, 'disabled');
  await page.getByRole('button', { name: 'Lift the block…' }).click();
  await page.getByRole('button', { name: 'Lift the block', exact: true }).click();
  await page.getByRole('button', { name: 'Block…', exact: true }).waitFor();
  assert.equal((await muster.api('GET', `/directories/main/users/${user.id}`)).status, 'active');
  await close();
});

test('what rules would undo is said before somebody is put into a group', async () => {
  const group = await muster.api('POST', '/directories/main/groups', { displayName: 'vpn-users' });
  const { page, go, good, close } = await openPage(browser, muster);
  await go(`/groups/${group.id}`);
  await page.getByRole('button', { name: 'Put somebody in…' }).click();
  await page.getByRole('textbox', { name: 'User' }).fill(ada);
  await page.keyboard.press('Enter');
  await page.locator('.note', { hasText: 'neverRemove' }).waitFor();
  await good('what rules would undo');
  const members = () => muster.api('GET', `/directories/main/groups/${group.id}/members`).then((m) => m.items.length);
  assert.equal(await members(), 0);

  await muster.api('POST', '/directories/main/users', { userName: 'carl@acme.example' });
  await page.getByRole('textbox', { name: 'User' }).fill('carl@acme.example');
  await page.keyboard.press('Enter');
  await page.getByText('This would stand').waitFor();
  assert.equal(await members(), 0, 'a preview does nothing');
  await page.getByRole('button', { name: 'Put in', exact: true }).click();
  await page.getByRole('link', { name: 'carl@acme.example', exact: true }).waitFor();
  assert.equal(await members(), 1);
  await page.getByRole('button', { name: 'Take out carl@acme.example' }).click();
  await page.getByRole('button', { name: 'See what would come of it' }).click();
  await page.getByRole('button', { name: 'Take out', exact: true }).click();
  await page.getByText('Nobody is in this group').waitFor();
  assert.equal(await members(), 0);
  await close();
});

test('a conflict is laid side by side, linked after its consequences, unlinked, and the unlinking taken back', async () => {
  const entra = { slug: 'entra', ...(await muster.connector({ slug: 'entra', tenant: 'globex', mode: 'live' })) };
  await send(entra, 'POST', '/Users', { schemas: schema.User, userName: ada, displayName: 'A. Byron', active: true });
  const { page, go, settled, good, close } = await openPage(browser, muster);
  await go('/conflicts');
  await page.getByRole('button', { name: /^Compare and decide/ }).click();
  await page.getByRole('region', { name: 'The record beside the users that it might be' }).waitFor();
  for (const theme of themes) {
    for (const width of widths) {
      const other = await openPage(browser, muster, { theme, width });
      await other.page.goto(page.url());
      await other.page.getByRole('button', { name: 'Link…' }).waitFor();
      if (process.env.MUSTER_SCREENSHOTS) await other.page.screenshot({ path: `${process.env.MUSTER_SCREENSHOTS}/conflict__${theme}__${width}.png`, fullPage: true });
      await other.good(`side by side ${theme} ${width}`);
      await other.close();
    }
  }
  await page.getByRole('button', { name: 'Link…' }).click();
  await page.getByText('What would follow:').waitFor();
  await good('what the link would do');
  assert.equal((await muster.api('GET', `/directories/main/users/${user.id}`)).records.length, 1, 'nothing is linked yet');
  await page.getByRole('button', { name: 'Link', exact: true }).click();
  await page.getByText('No conflict', { exact: true }).waitFor();
  assert.equal((await muster.api('GET', `/directories/main/users/${user.id}`)).records.length, 2);

  await go(`/users/${user.id}`);
  await page.getByRole('columnheader', { name: 'entra', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Unlink the record of entra' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Unlink', exact: true }).click();
  await page.getByRole('columnheader', { name: 'entra', exact: true }).waitFor({ state: 'detached' });
  assert.equal((await muster.api('GET', `/directories/main/users/${user.id}`)).records.length, 1);

  await go('/conflicts?state=decided&kind=unlinked');
  await settled();
  await page.getByRole('button', { name: /^Look at it/ }).first().click();
  await page.getByRole('button', { name: 'Take it back…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Take it back', exact: true }).click();
  await page.getByText('None is like this').waitFor();
  await close();
});

test('who has one directory sees no switch, and with two each shows its own', async () => {
  const { page, go, settled, close } = await openPage(browser, muster);
  await go('/users');
  assert.equal(await page.getByLabel('Directory').count(), 0);
  await muster.api('POST', '/directories', { name: 'second' });
  await go('/users?q=byron');
  await page.getByLabel('Directory').selectOption('second');
  await page.getByText('Nobody is found').waitFor();
  await page.getByLabel('Directory').selectOption('main');
  await page.locator('main').getByRole('link', { name: ada }).waitFor();
  await settled();
  await close();
});
