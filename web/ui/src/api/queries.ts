import { QueryClient } from '@tanstack/react-query';

import { problemOf } from './problem';

// queries keeps what was read. Old data stays on the page while it is read again; a read is tried
// again only where that can help, a change never.
export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (times, error) => times < 2 && problemOf(error).again,
      retryDelay: (times) => 500 * 2 ** times,
    },
    mutations: { retry: false },
  },
});
