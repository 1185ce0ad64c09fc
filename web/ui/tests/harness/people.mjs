// Administrators for tests: one of each role, made when they are first needed.
const names = { owner: 'Ada Lovelace', ruleEditor: 'Rosa Rules', operator: 'Otto Operator', viewer: 'Vera Viewer' };

// password is everybody's.
export const password = 'correct horse battery staple';

// newPeople returns what finds the person of a role on a server: their name, e-mail and the value
// of a session's cookie. api calls that server with its admin token.
export function newPeople(url, api) {
  const known = new Map();
  return (role) => {
    if (!known.has(role)) known.set(role, make(url, api, role));
    return known.get(role);
  };
}

async function make(url, api, role) {
  const name = names[role];
  const email = `${name.split(' ')[0].toLowerCase()}@acme.example`;
  const link = await invite(api, { email, name, role });
  const response = await fetch(`${url}/api/v1/setup`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ token: link, password }) });
  if (!response.ok) throw new Error(`${email} could not sign in: ${response.status} ${await response.text()}`);
  const cookie = /(?:^|, )sid=([^;]+)/.exec(response.headers.get('Set-Cookie') ?? '');
  return { name, email, cookie: cookie[1] };
}

// invite makes an administrator, or a link for one that an earlier run left in a database.
async function invite(api, who) {
  try {
    return (await api('POST', '/administrators', who)).link.token;
  } catch (error) {
    if (!String(error).includes('administratorTaken')) throw error;
    const { items } = await api('GET', '/administrators?limit=500');
    return (await api('POST', `/administrators/${items.find((a) => a.email === who.email).id}/links`)).token;
  }
}
