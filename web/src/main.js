/* main.js - starts the application: the language first, then the page. */

import { createApp } from 'vue'
import App from './App.vue'
import { firstLanguage, i18n, loadAllLanguages, showLanguage } from './i18n.js'
import { router } from './router.js'
import './style.css'

/* After an upgrade of the server the files of the old build are gone: take the new build. */
addEventListener('vite:preloadError', () => location.reload())

async function start() {
  await showLanguage(firstLanguage(location.pathname.startsWith('/kiosk')))
  createApp(App).use(i18n).use(router).mount('#app')
  await router.isReady()
  setTimeout(loadAllLanguages, 1000)
}

start()
