import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// The nonce's mark is replaced by the server in every answer (web/browser.go). Nothing is inlined
// into the page: its Content-Security-Policy takes files alone.
export default defineConfig({
  base: '/ui/',
  plugins: [react()],
  cacheDir: '.vite/cache',
  html: { cspNonce: 'MUSTER-NONCE' },
  build: {
    outDir: process.env.MUSTER_UI_OUT ?? 'dist/app',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  // `npm run dev` shows changes at once, on the data of a running Muster.
  server: { proxy: { '/api': process.env.MUSTER_URL ?? 'http://127.0.0.1:8080' } },
});
