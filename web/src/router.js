/* router.js - the pages, each loaded when it is first opened, with the messages it speaks. */

import { createRouter, createWebHistory } from 'vue-router'
import { withMessages as page } from './i18n.js'

/** Where one's own things are: staff have a board, customers their orders. */
async function toMine() {
  const { knowMe } = await import('./lib/session.js')
  const account = await knowMe().catch(() => null)
  return account?.role === 'admin' || account?.shops?.length ? '/owner' : '/orders'
}

export const router = createRouter({
  history: createWebHistory(),
  scrollBehavior: (to, from, saved) => saved ?? { top: 0 },
  routes: [
    { path: '/', component: page(() => import('./shop/ShopPage.vue')), meta: { title: 'start' } },
    { path: '/auth', component: page(() => import('./account/AuthPage.vue')), meta: { title: 'auth' } },
    { path: '/orders', component: page(() => import('./orders/OrdersPage.vue')), meta: { title: 'orders' } },
    { path: '/orders/:id', component: page(() => import('./orders/OrderPage.vue')), meta: { title: 'order' } },
    { path: '/track/:link', component: page(() => import('./orders/TrackPage.vue')), meta: { title: 'track' } },
    { path: '/chats/join/:code', component: page(() => import('./chat/JoinPage.vue')), meta: { title: 'join' } },
    { path: '/chats/:uri?', component: page(() => import('./chat/ChatsPage.vue')), meta: { title: 'chat' } },
    { path: '/owner', component: page(() => import('./owner/OwnerPage.vue')), meta: { title: 'owner' } },
    { path: '/mypage', component: () => null, beforeEnter: toMine },
    { path: '/kiosk', component: page(() => import('./kiosk/KioskPage.vue')), meta: { title: 'kiosk' } },
    { path: '/sandbox/pay/:id', component: page(() => import('./pages/PayerPage.vue')), meta: { title: 'payer' } },
    { path: '/:any(.*)*', component: page(() => import('./pages/MissingPage.vue')), meta: { title: 'missing' } },
  ],
})
