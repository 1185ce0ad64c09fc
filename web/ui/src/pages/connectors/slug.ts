// slugOf makes of a name what can stand in a base URL: "Okta (EU)" becomes "okta-eu".
export function slugOf(name: string): string {
  return name.normalize('NFKD').replace(/[\u0300-\u036f]/g, '').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 60).replace(/-+$/, '');
}

// another is the slug with four letters behind it, for when it is taken.
export function another(slug: string): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  const random = crypto.getRandomValues(new Uint8Array(4));
  return `${slug}-${Array.from(random, (n) => letters[n % letters.length]).join('')}`;
}
