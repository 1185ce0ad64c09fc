import { useSyncExternalStore } from 'react';

import type { Schema } from '../../api/client';

// Shown holds secrets that were made just now. The server shows them this once, so they are kept
// in memory until the person has stored them or leaves the connector; nowhere else.
export interface Shown {
  kind: 'bearer' | 'basic' | 'oauth';
  id?: string; // of the credential, where it is known
  token?: string;
  basic?: Schema<'BasicPair'>;
  oauth?: Schema<'Client'>;
}

const kept = new Map<string, Shown>();
const listeners = new Set<() => void>();

function tell() {
  for (const listener of listeners) listener();
}

// keep shows a connector's new secret until it is forgotten.
export function keep(slug: string, shown: Shown) {
  kept.set(slug, shown);
  tell();
}

// forget lets go of it.
export function forget(slug: string) {
  if (kept.delete(slug)) tell();
}

// useSecret is the connector's secret that was made just now, if one was.
export function useSecret(slug: string): Shown | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => kept.get(slug),
  );
}
