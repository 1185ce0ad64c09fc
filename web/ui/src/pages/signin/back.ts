// Where to go after signing in stands in the address as a path of the interface, as the server
// takes it too: "/ui/holds?connector=acme-okta".

const root = '/ui/';

// backTo is a path of the interface that is safe to go to, or undefined. Whatever leads elsewhere
// is none.
export function backTo(given: unknown): string | undefined {
  if (typeof given !== 'string' || !given.startsWith(root) || /[\\\p{Cc}]|\/\//u.test(given)) return undefined;
  const url = new URL(given, location.origin);
  return url.origin === location.origin && url.pathname.startsWith(root) ? given : undefined;
}

// backFrom is what to give as back to return to a path of the router.
export function backFrom(href: string): string | undefined {
  return href === '/' ? undefined : backTo(`/ui${href}`);
}

// pathOf is the router's path to go back to.
export function pathOf(back: string | undefined): string {
  return back === undefined ? '/' : back.slice(root.length - 1);
}
