import './trusted';
import '@mantine/core/styles.css';
import './base.css';

import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { createRoot } from 'react-dom/client';

import { Problem } from './api/problem';
import { queries } from './api/queries';
import { Announcer } from './parts/announce';
import { router } from './router';
import { resolveVariables, theme } from './theme';

declare global {
  interface Window {
    __webpack_nonce__?: string;
  }
}

// The nonce that the server wrote into the page; styles made at run time carry it. The name is
// where the library that keeps the page still behind a dialog looks for it.
const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? '';
window.__webpack_nonce__ = nonce;

// A problem that a page was stopped by stands on it; everything else is a mistake of ours.
function onCaughtError(error: unknown) {
  if (!(error instanceof Problem)) console.error(error);
}

createRoot(document.getElementById('root')!, { onCaughtError }).render(
  <MantineProvider theme={theme} cssVariablesResolver={resolveVariables} defaultColorScheme="auto" getStyleNonce={() => nonce}>
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
      <Announcer />
    </QueryClientProvider>
  </MantineProvider>,
);
