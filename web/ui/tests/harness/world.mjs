// The data with which every page is looked at: what a company has after some days, with names
// that nobody should have chosen.

// hostile is a name that tries everything an IdP may send; rude is as bad as the name of a
// connector can be, which Muster checks.
export const hostile = ' <img src=x onerror=alert(1)>\u202etxt.exe\u200b ' + 'very-long-'.repeat(12);
export const rude = '<img src=x onerror=alert(1)> ' + 'verylong'.repeat(12);

// fill gives a new Muster its data.
export async function fill(muster) {
  await muster.run('simulate', '--idp', 'okta', '--connector', 'acme-okta', '--tenant', 'acme', '--users', '40', '--groups', '8', '--no-day',
    '--rules', '{"neverAssign":[".*-admins"]}');
  await muster.connector({ slug: 'acme-entra', name: 'Entra production', kind: 'entra' });
  const bad = await muster.connector({ slug: 'hostile', tenant: 'Bad Names Ltd', name: rude, kind: 'generic', mode: 'live' });
  const user = await muster.scim('hostile', bad.token, 'POST', '/Users', {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: 'mallory@bad.example', displayName: hostile, name: { givenName: hostile, familyName: hostile }, active: true,
  });
  const { id } = await user.json();
  await muster.scim('hostile', bad.token, 'POST', '/Groups', {
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName: hostile, members: [{ value: id }],
  });
  await muster.connector({ slug: 'acme-onelogin', name: 'OneLogin', kind: 'onelogin' });
  await muster.scim('acme-onelogin', 'mst_a-token-of-nobody', 'GET', '/Users'); // a foreign token, for the diagnosis
  const [taken] = (await muster.api('GET', '/directories/main/users?limit=1')).items; // of another tenant, so that a conflict waits
  await muster.scim('hostile', bad.token, 'POST', '/Users', { schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'], userName: taken.userName, displayName: hostile, active: true });
}
