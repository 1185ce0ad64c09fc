// Json is a value as whoever writes programs reads it. It scrolls in its own frame.
export function Json({ value, of }: { value: unknown; of: string }) {
  return <pre className="code" tabIndex={0} aria-label={of} role="region">{plain(value)}</pre>;
}

// plain is JSON in which everything that cannot be seen is written as its number.
function plain(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(/[\u007f-\u00a0\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
