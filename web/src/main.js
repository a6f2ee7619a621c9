/* main.js - starts the application: the page is fetched while the language is. */

import { createApp } from 'vue'
import App from './App.vue'
import { firstLanguage, i18n, loadAllLanguages, showLanguage } from './i18n.js'
import { router } from './router.js'
import './style.css'

/* After an upgrade of the server the files of the old build are gone: take the new build. When there is no
 * server to take it from, what is shown stays. */
addEventListener('vite:preloadError', async () => {
  const there = await fetch('/', { method: 'HEAD', cache: 'no-store' }).then((answer) => answer.ok, () => false)
  if (there) location.reload()
})

async function start() {
  const language = showLanguage(firstLanguage(location.pathname.startsWith('/kiosk')))
  const app = createApp(App).use(i18n).use(router)
  await Promise.all([language, router.isReady()])
  app.mount('#app')
  setTimeout(loadAllLanguages, 1000)
}

start()
