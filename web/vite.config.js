import { baseCompile } from '@intlify/message-compiler'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vite'

/** A sentence as the program reads it: plain text stays, what has places or plural forms is parsed now. */
function compiled(message) {
  if (typeof message !== 'string')
    return Object.fromEntries(Object.entries(message).map(([key, value]) => [key, compiled(value)]))
  return /[{|@]/.test(message) ? baseCompile(message, { jit: true, minify: true, location: false }).ast : message
}

/* Messages are compiled here, so that no browser carries a compiler. */
const messages = {
  name: 'messages',
  transform: {
    filter: { id: /\/locales\/\w+\/\w+\.json$/ },
    order: 'pre',
    handler: (json) => JSON.stringify(compiled(JSON.parse(json))),
  },
}

/* The built page runs under a content policy of 'self' alone: nothing inlined, nothing evaluated. */
export default defineConfig({
  plugins: [messages, vue()],
  define: {
    __VUE_OPTIONS_API__: false,
    __VUE_PROD_DEVTOOLS__: false,
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
    __INTLIFY_DROP_MESSAGE_COMPILER__: true,
  },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: {
      '/ws': { target: 'http://127.0.0.1:3333', ws: true },
      '/socket.io/': { target: 'http://127.0.0.1:3333', ws: true },
      '^/(v1|api/|auth/|order-ms|order-receive|delivery-ms)': { target: 'http://127.0.0.1:3333' },
      '/sandbox': {
        target: 'http://127.0.0.1:3333',
        bypass: (req) => (req.headers.accept?.includes('text/html') ? '/index.html' : undefined),
      },
    },
  },
  test: { include: ['src/**/*.test.js'] },
})
