import type { Middleware } from 'openapi-fetch';
import { useSyncExternalStore } from 'react';

import { problemFrom, unreachable } from './api/problem';
import { queries } from './api/queries';
import type { components } from './api/schema';

// How this browser proves who it is: the only file that knows. The rest of the interface asks
// whoAmI(), shows useMe(), and calls what signs in and out.
//
// Administrators have a session, in a cookie that no script can read. The deployment's admin token
// is the second way in: it is kept in memory, so it is gone when the page is loaded again. Nothing
// secret is in the browser's storage.

type Schemas = components['schemas'];

// Me is who is signed in, and what they may do; Role is one of the four roles.
export type Me = Schemas['Me'];
export type Role = Me['role'];

// Out is why nobody is signed in: nobody was, the session has ended, or they left.
export type Out = 'nobody' | 'ended' | 'left';

let token: string | undefined;
let me: Me | null = null;
let out: Out = 'nobody';
let asked = false;
let asking: Promise<void> | undefined;

const listeners = new Set<() => void>();

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function arrive(who: Me) {
  queries.clear(); // what somebody else may see is not theirs
  [me, asked] = [who, true];
  others?.postMessage(idOf(who));
  for (const listener of listeners) listener();
}

function depart(why: Out) {
  if (me === null && asked) return;
  [me, out, token, asked] = [null, why, undefined, true];
  for (const listener of listeners) listener();
}

// Another tab of this browser has the same cookie: when somebody else signs in there, this one
// begins anew as them.
const others = 'BroadcastChannel' in window ? new BroadcastChannel('muster.sign-in') : undefined;
others?.addEventListener('message', ({ data }) => {
  if (token === undefined && me !== null && idOf(me) !== data) location.reload();
});

function idOf(who: Me): string {
  return who.administrator?.id ?? '';
}

// whoAmI is who is signed in, or null. The server is asked once; a Problem is thrown while it does
// not answer.
export async function whoAmI(): Promise<Me | null> {
  if (!asked) {
    asking ??= readMe().finally(() => { asking = undefined; });
    await asking;
  }
  return me;
}

async function readMe() {
  const response = await send('GET', '/me');
  if (response.status === 401) return depart('nobody');
  me = await answerOf<Me>(response);
  asked = true;
  for (const listener of listeners) listener();
}

// useMe is who is signed in, or null.
export function useMe(): Me | null {
  return useSyncExternalStore(subscribe, () => me);
}

// useOut is why nobody is signed in, or null while somebody is.
export function useOut(): Out | null {
  return useSyncExternalStore(subscribe, () => (me === null && asked ? out : null));
}

// signIn signs in with a password. It and those below throw a Problem if that does not work.
export async function signIn(email: string, password: string): Promise<void> {
  await enter('POST', '/session', { email: email.trim(), password });
}

// signInWithToken tries the admin token, or an API token.
export async function signInWithToken(given: string): Promise<void> {
  const before = token;
  token = given.trim();
  try {
    arrive(await answerOf<Me>(await send('GET', '/me')));
  } catch (error) {
    token = before;
    throw error;
  }
}

// redeem uses a link up, and signs in: as the first owner, or with the password that is chosen.
export async function redeem(link: Schemas['Redemption']): Promise<void> {
  await enter('POST', '/setup', link);
}

// changePassword chooses another password. All sessions end, and one begins here.
export async function changePassword(current: string, password: string): Promise<void> {
  await enter('PUT', '/me/password', { current, password });
}

// oidcAddress leads to the OpenID provider, and from there to a path of the interface.
export function oidcAddress(back: string): string {
  return `/api/v1/session/oidc?back=${encodeURIComponent(back)}`;
}

// signOut ends the session, here and on the server.
export async function signOut(): Promise<void> {
  const response = await send('DELETE', '/session');
  if (!response.ok && response.status !== 401) await answerOf(response);
  depart('left');
  queries.clear();
}

// credentials are the headers that a request needs, for what does not go through the client; a
// session needs none.
export function credentials(): Record<string, string> {
  return token === undefined ? {} : { Authorization: `Bearer ${token}` };
}

// authorize is the client's part: it adds the credentials, and knows when they are refused.
export const authorize: Middleware = {
  onRequest({ request }) {
    for (const [name, value] of Object.entries(credentials())) request.headers.set(name, value);
    return request;
  },
  onResponse({ response }) {
    if (response.status === 401) depart('ended');
  },
};

// enter signs in by a request whose answer sets the session's cookie.
async function enter(method: string, path: string, body: unknown) {
  const who = await answerOf<Me>(await send(method, path, body));
  token = undefined;
  arrive(who);
}

async function send(method: string, path: string, body?: unknown): Promise<Response> {
  try {
    return await fetch(`/api/v1${path}`, {
      method,
      headers: { ...credentials(), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw unreachable();
  }
}

async function answerOf<T>(response: Response): Promise<T> {
  const body: unknown = await response.json().catch(() => null);
  if (!response.ok) throw problemFrom(body, response);
  return body as T;
}
