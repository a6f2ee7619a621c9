/* router.js - the pages, each loaded when it is first opened. */

import { createRouter, createWebHistory } from 'vue-router'

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', component: () => import('./pages/StartPage.vue'), meta: { title: 'start' } },
    { path: '/kiosk', component: () => import('./kiosk/KioskPage.vue'), meta: { title: 'kiosk' } },
    { path: '/sandbox/pay/:id', component: () => import('./pages/PayerPage.vue'), meta: { title: 'payer' } },
    { path: '/:any(.*)*', component: () => import('./pages/MissingPage.vue'), meta: { title: 'missing' } },
  ],
})
