import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

/* The built page runs under a content policy of 'self' alone: nothing inlined, nothing evaluated. */
export default defineConfig({
  plugins: [vue()],
  define: {
    __VUE_OPTIONS_API__: false,
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
  },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      '/ws': { target: 'http://127.0.0.1:3333', ws: true },
      '/sandbox': {
        target: 'http://127.0.0.1:3333',
        bypass: (req) => (req.headers.accept?.includes('text/html') ? '/index.html' : undefined),
      },
    },
  },
  test: { include: ['src/**/*.test.js'] },
})
