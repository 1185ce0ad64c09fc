import createClient from 'openapi-fetch';

import { authorize } from '../auth';
import { problemFrom, unreachable } from './problem';
import type { components, paths } from './schema';

// Schema names the types of the API, as the server's OpenAPI document has them:
// Schema<'Connector'>.
export type Schema<Name extends keyof components['schemas']> = components['schemas'][Name];

// base is where the API lies on this server.
export const base = '/api/v1';

// api calls the API, typed by path and method. Give what it returns to ask or askWithTag.
export const api = createClient<paths>({ baseUrl: base });
api.use(authorize);

interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

// ask waits for an answer and returns its body; every failure is thrown as a Problem.
export async function ask<T>(call: Promise<Answered<T>>): Promise<T> {
  return (await settle(call)).data as T;
}

// Tagged is an answer with the tag to send back in If-Match.
export interface Tagged<T> {
  value: T;
  tag: string;
}

// askWithTag is ask for what can be edited.
export async function askWithTag<T>(call: Promise<Answered<T>>): Promise<Tagged<T>> {
  const { data, response } = await settle(call);
  return { value: data as T, tag: response.headers.get('ETag') ?? '' };
}

async function settle<T>(call: Promise<Answered<T>>): Promise<Answered<T>> {
  let answered: Answered<T>;
  try {
    answered = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw unreachable();
  }
  if (!answered.response.ok) throw problemFrom(answered.error, answered.response);
  return answered;
}
