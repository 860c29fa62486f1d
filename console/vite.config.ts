import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  root: import.meta.dirname,
  // Relative: the server says below which path it is shown.
  base: './',
  plugins: [react()],
  // The server puts a nonce of its own in this place, for each page that it sends.
  html: { cspNonce: '__NONCE__' },
  build: { outDir: 'dist', emptyOutDir: true, chunkSizeWarningLimit: 1_000, assetsInlineLimit: 0 },
});
