// An OpenID provider for tests, which vouches for whomever it is told to.
import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { createServer } from 'node:http';

const client = { id: 'muster', secret: 'a secret of the tests' };

// startProvider returns a running provider: its url, the settings that make Muster use it, and
// who, the claims of the next person. refuse, when set, is the error with which it sends back.
export async function startProvider() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const codes = new Map();
  const provider = { who: {}, refuse: '' };

  const paths = {
    '/.well-known/openid-configuration': () => json({
      issuer: provider.url, authorization_endpoint: `${provider.url}/authorize`, token_endpoint: `${provider.url}/token`, jwks_uri: `${provider.url}/keys`,
      response_types_supported: ['code'], subject_types_supported: ['public'], id_token_signing_alg_values_supported: ['ES256'],
    }),
    '/keys': () => json({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: '1', use: 'sig', alg: 'ES256' }] }),
    '/authorize': (asked) => {
      const back = new URL(asked.get('redirect_uri'));
      back.searchParams.set('state', asked.get('state'));
      if (provider.refuse !== '') {
        back.searchParams.set('error', provider.refuse);
      } else {
        const code = randomUUID();
        codes.set(code, asked.get('nonce'));
        back.searchParams.set('code', code);
      }
      return { status: 302, headers: { Location: back.href } };
    },
    '/token': (asked) => {
      const nonce = codes.get(asked.get('code'));
      if (nonce === undefined) return { ...json({ error: 'invalid_grant' }), status: 400 };
      codes.delete(asked.get('code'));
      const now = Math.floor(Date.now() / 1000);
      const claims = { iss: provider.url, aud: client.id, iat: now, exp: now + 300, nonce, ...provider.who };
      return json({ access_token: randomUUID(), token_type: 'Bearer', expires_in: 300, id_token: jwt(claims, privateKey) });
    },
  };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://provider');
    const body = await request.toArray();
    const asked = request.method === 'POST' ? new URLSearchParams(Buffer.concat(body).toString()) : url.searchParams;
    const { status = 200, headers = {}, text = '' } = paths[url.pathname]?.(asked) ?? { status: 404 };
    response.writeHead(status, headers).end(text);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  provider.url = `http://127.0.0.1:${server.address().port}`;
  provider.settings = { MUSTER_OIDC_ISSUER: provider.url, MUSTER_OIDC_CLIENT_ID: client.id, MUSTER_OIDC_CLIENT_SECRET: client.secret };
  provider.stop = () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); });
  return provider;
}

function json(value) {
  return { headers: { 'Content-Type': 'application/json' }, text: JSON.stringify(value) };
}

function jwt(claims, key) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'ES256', kid: '1', typ: 'JWT' })}.${part(claims)}`;
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}
