import { useEffect, useState } from 'react';

const steps: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000], ['month', 2_592_000], ['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1],
];
const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

// ago says a time as people do: "2 minutes ago", "in 9 days".
export function ago(time: Date, now: Date): string {
  const seconds = Math.round((time.getTime() - now.getTime()) / 1000);
  for (const [unit, size] of steps) {
    if (Math.abs(seconds) >= size) return words.format(Math.trunc(seconds / size), unit);
  }
  return 'just now';
}

// When is a moment, said relative to now, with the exact time as its title.
export function When({ at, never = 'never' }: { at?: string | null; never?: string }) {
  const [now, setNow] = useState(() => new Date());
  useEffect(() => {
    const tick = setInterval(() => setNow(new Date()), 20_000);
    return () => clearInterval(tick);
  }, []);
  if (at === undefined || at === null) return <>{never}</>;
  const time = new Date(at);
  return <time dateTime={at} title={time.toLocaleString()}>{ago(time, now.getTime() < time.getTime() && time.getTime() - now.getTime() < 60_000 ? time : now)}</time>;
}
