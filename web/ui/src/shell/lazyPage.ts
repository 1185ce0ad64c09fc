import { lazyRouteComponent, type AsyncRouteComponent } from '@tanstack/react-router';

import { Problem, unreachable } from '../api/problem';

type Page = AsyncRouteComponent<object>;

const asks = new WeakMap<Problem, () => Promise<unknown> | undefined>();

// lazyPage is a page whose code comes when the page is opened. Code that does not come is of a
// version that another one has replaced, and the router loads the window anew; or nobody answers,
// and the page says so until it is asked for again.
export function lazyPage<Name extends string>(from: () => Promise<Record<Name, () => React.ReactNode>>, name: Name): Page {
  const page: Page = lazyRouteComponent(async () => {
    try {
      return await from();
    } catch (error) {
      if (await answers()) throw error;
      const away = unreachable();
      asks.set(away, () => page.preload?.());
      throw away;
    }
  }, name);
  return page;
}

// askAgain asks again for the code of a page that did not come.
export async function askAgain(error: unknown) {
  if (error instanceof Problem) await asks.get(error)?.();
}

async function answers(): Promise<boolean> {
  try {
    return (await fetch(import.meta.env.BASE_URL, { cache: 'no-store' })).ok;
  } catch {
    return false;
  }
}
