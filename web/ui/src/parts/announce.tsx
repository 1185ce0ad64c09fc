import { useSyncExternalStore } from 'react';

let text = '';
const listeners = new Set<() => void>();

// announce lets screen readers say something that sighted people see happen, once what is being
// read out ends.
export function announce(what: string) {
  // The same words twice are said twice only if the text differs.
  text = what === text ? `${what}\u00a0` : what;
  for (const listener of listeners) listener();
}

// Announcer is the place that screen readers watch. It is on the page once.
export function Announcer() {
  const now = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => text,
  );
  return <div role="status" aria-live="polite" className="visually-hidden">{now}</div>;
}
