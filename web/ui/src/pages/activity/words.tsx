import { State } from '../../parts/State';

// StatusState says what a request was answered.
export function StatusState({ status }: { status: number }) {
  return <State tone={status >= 500 ? 'bad' : status >= 400 ? 'warn' : 'ok'}>{status}</State>;
}

// exact is a time to the second, in the clock of whoever looks.
export function Exact({ at }: { at: string }) {
  return <time dateTime={at} title={at} style={{ whiteSpace: 'nowrap' }}>{new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })}</time>;
}

// plain is JSON in which everything that cannot be seen is written as its number.
export function plain(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(/[\u007f-\u00a0\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
