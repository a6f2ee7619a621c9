// menu.test.js - the menu at /v1: categories, products, options and stock, who may change which, and what kiosks see.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { call } from '../lib/sale.js'
import { Screen } from '../lib/screen.js'
import { startPesan } from '../lib/server.js'

const SHOP = '0198c0de-0000-7000-8000-000000000001'
const COLA = 'ce33fb74-ba55-40c6-99d7-47bef4cd785e'
const KOPI = '0198c0de-0000-7000-8000-000000000101'
const NOBODY = '0198c0de-0000-7000-8000-00000000ffff'
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

let server, other
const tokens = {}
before(async () => {
  server = await startPesan([])
  for (const name of ['USER0001', 'USER0002', 'OWNER1', 'BARISTA1', 'COURIER1', 'ADMIN1', 'KIOSK1'])
    tokens[name] = await server.token(name)
  const body = { name: 'Toko Lain', currency: 'KRW', language: 'ko', timezone: 'Asia/Seoul', owner: 'USER0002' }
  other = (await ask('ADMIN1', '/v1/shops', { body })).json.id
})
after(() => server?.stop())

const ask = (who, path, options = {}) => call(server.url + path, { token: tokens[who], ...options })
const patch = (who, path, body) => ask(who, path, { method: 'PATCH', body })
const remove = (who, path) => ask(who, path, { method: 'DELETE' })
const menuOf = async (shop = SHOP, who) => (await ask(who, `/v1/shops/${shop}/menu`)).json
const productOf = async (id, who) => (await ask(who, `/v1/products/${id}`)).json
const idr = (amount) => ({ amount, currency: 'IDR' })
const krw = (amount) => ({ amount, currency: 'KRW' })
const tea = (more = {}) => ({ name: 'Teh Melati', price: idr(800000), ...more })

function refused(answer, status, slug, pointers) {
  assert.equal(answer.status, status, answer.text)
  assert.equal(answer.json.type, `/problems/${slug}`, answer.text)
  if (pointers) assert.deepEqual(answer.json.errors.map(({ pointer }) => pointer), pointers)
}

async function made(path, body, who = 'OWNER1') {
  const { status, text, json } = await ask(who, path, { body })
  assert.equal(status, 201, text)
  return json
}
const newProduct = (more, shop = SHOP, who = 'OWNER1') => made(`/v1/shops/${shop}/products`, tea(more), who)
const newCategory = (body, shop = SHOP, who = 'OWNER1') => made(`/v1/shops/${shop}/categories`, body, who)

describe('the whole menu', () => {
  test('of the demo shop', async () => {
    const { shop, categories, products } = await menuOf()
    assert.deepEqual(shop, (await ask(undefined, `/v1/shops/${SHOP}`)).json)
    assert.deepEqual(categories.map(({ name, position }) => [name, position]), [['Kopi', 0], ['Teh', 1], ['Minuman dingin', 2]])
    assert.deepEqual(products, (await ask(undefined, `/v1/shops/${SHOP}/products`)).json)
    assert.deepEqual(products.map(({ name }) => name), ['Cola', 'Lemon', 'Kopi Susu', 'Matcha', 'Teh Tarik', 'Jus Jeruk'])
    for (const product of products) {
      assert.ok(categories.some(({ id }) => id === product.category_id), product.name)
      assert.ok(product.description && !product.sold_out && product.available && !('stock' in product))
      for (const { min, max, choices } of product.options) assert.deepEqual([min, max, choices[0].price], [1, 1, idr(0)])
    }
    const kopi = products.find(({ id }) => id === KOPI)
    assert.deepEqual(kopi.options.map(({ id }) => id), ['size', 'ice', 'sugar'])
    assert.deepEqual(kopi.options[0].choices, [
      { id: 'regular', name: 'Reguler', price: idr(0), available: true }, { id: 'large', name: 'Besar', price: idr(500000), available: true },
    ])
    refused(await ask(undefined, `/v1/shops/${NOBODY}/menu`), 404, 'not-found')
  })

  test('of a new shop is empty', async () => {
    const { categories, products } = await menuOf(other)
    assert.deepEqual([categories, products], [[], []])
  })
})

describe('products', () => {
  test('are added, shown at their place, changed and taken off', async () => {
    const category = await newCategory({ name: 'Musiman' })
    const plain = await newProduct()
    assert.match(plain.id, UUID)
    assert.deepEqual(plain, {
      id: plain.id, shop_id: SHOP, name: 'Teh Melati', icon: '/icons/drink.svg', price: idr(800000), available: true, sold_out: false, position: 6, options: [],
    })
    const options = [{ id: 'cup', name: 'Gelas', min: 1, max: 2, choices: [{ id: 'glass', name: 'Kaca', price: idr(0), available: false }] }]
    const full = await newProduct({ name: ' Teh Lengkap ', available: false, stock: 3, description: ' Hangat ', icon: '/icons/tea.svg', category_id: category.id, position: 0, options: [{ ...options[0], max: 1 }] })
    assert.deepEqual(full, {
      id: full.id, shop_id: SHOP, category_id: category.id, name: 'Teh Lengkap', description: 'Hangat', icon: '/icons/tea.svg', price: idr(800000), available: false,
      sold_out: true, stock: 3, position: 0, options: [{ ...options[0], max: 1 }],
    })
    assert.deepEqual((await menuOf(SHOP, 'OWNER1')).products.slice(0, 2).map(({ id }) => id), [full.id, COLA])
    const changed = await patch('OWNER1', `/v1/products/${full.id}`, { description: null, category_id: null, stock: null, options: [], available: true, position: 9, icon: '/icons/app.svg', name: 'Teh' })
    assert.deepEqual(changed.json, {
      id: full.id, shop_id: SHOP, name: 'Teh', icon: '/icons/app.svg', price: idr(800000), available: true, sold_out: false, position: 9, options: [],
    })
    for (const { id } of [plain, full]) {
      assert.equal((await remove('OWNER1', `/v1/products/${id}`)).status, 204)
      refused(await ask(undefined, `/v1/products/${id}`), 404, 'not-found')
      refused(await remove('OWNER1', `/v1/products/${id}`), 404, 'not-found')
    }
    assert.equal((await remove('OWNER1', `/v1/categories/${category.id}`)).status, 204)
    assert.equal((await menuOf()).products.length, 6)
  })

  test('are the business of who heads their shop', async () => {
    const product = await newProduct()
    for (const who of ['BARISTA1', 'COURIER1', 'USER0001', 'USER0002', 'KIOSK1']) {
      refused(await ask(who, `/v1/shops/${SHOP}/products`, { body: tea() }), 403, 'forbidden')
      refused(await remove(who, `/v1/products/${product.id}`), 403, 'forbidden')
      refused(await patch(who, `/v1/products/${product.id}`, { name: 'Mine' }), 403, 'forbidden')
    }
    refused(await ask(undefined, `/v1/shops/${SHOP}/products`, { body: tea() }), 401, 'not-logged-in')
    refused(await remove(undefined, `/v1/products/${product.id}`), 401, 'not-logged-in')
    refused(await ask('ADMIN1', `/v1/shops/${NOBODY}/products`, { body: tea() }), 404, 'not-found')
    refused(await ask('OWNER1', `/v1/shops/${other}/products`, { body: tea({ price: krw(800) }) }), 403, 'forbidden')
    assert.equal((await remove('ADMIN1', `/v1/products/${product.id}`)).status, 204)
  })

  test('of which a barista says what is left, and no more', async () => {
    const path = `/v1/products/${COLA}`
    const said = await patch('BARISTA1', path, { stock: 2, available: true })
    assert.deepEqual([said.status, said.json.stock, said.json.sold_out], [200, 2, false])
    assert.equal((await patch('BARISTA1', path, { stock: 0 })).json.sold_out, true)
    for (const body of [{ price: idr(1) }, { name: 'X' }, { position: 1 }, { icon: '/x' }, { description: 'x' }, { category_id: null }, { options: [] }, { stock: 5, name: 'Cola' }])
      refused(await patch('BARISTA1', path, body), 403, 'forbidden')
    refused(await patch('USER0002', path, { stock: 5 }), 403, 'forbidden')
    assert.equal((await productOf(COLA, 'BARISTA1')).stock, 0)
    for (const who of [undefined, 'USER0001', 'COURIER1', 'USER0002', 'KIOSK1']) assert.ok(!('stock' in (await productOf(COLA, who))))
    assert.ok(!('stock' in (await patch('BARISTA1', path, { stock: null })).json))
  })

  test('cost what is the currency of their shop', async () => {
    refused(await ask('USER0002', `/v1/shops/${other}/products`, { body: tea() }), 400, 'bad-input', ['/price/currency'])
    const options = (price) => [{ id: 's', name: 'S', choices: [{ id: 'a', name: 'A', price }] }]
    refused(await ask('USER0002', `/v1/shops/${other}/products`, { body: tea({ price: krw(800), options: options(idr(5)) }) }), 400, 'bad-input', ['/options'])
    const product = await newProduct({ price: krw(800), options: options(krw(5)) }, other, 'USER0002')
    assert.deepEqual(product.options, [{ id: 's', name: 'S', min: 0, max: 1, choices: [{ id: 'a', name: 'A', price: krw(5), available: true }] }])
    refused(await patch('USER0002', `/v1/products/${product.id}`, { options: options(idr(5)) }), 400, 'bad-input', ['/options'])
    assert.deepEqual(await productOf(product.id), product)
  })

  const choices = (count) => Array.from({ length: count }, (_, i) => ({ id: `c${i}`, name: 'C' }))
  const group = (more = {}) => ({ id: 'size', name: 'Size', choices: choices(2), ...more })
  const bad = [
    [{ name: undefined }, ['/name']],
    [{ name: '  ' }, ['/name']],
    [{ name: 7 }, ['/name']],
    [{ name: 'x'.repeat(121) }, ['/name']],
    [{ name: 'a\u001bb' }, ['/name']],
    [{ price: undefined }, ['/price']],
    [{ price: 8000 }, ['/price']],
    [{ price: '8000' }, ['/price']],
    [{ price: idr('800000') }, ['/price/amount']],
    [{ price: idr(-1) }, ['/price/amount']],
    [{ price: idr(0.5) }, ['/price/amount']],
    [{ price: idr(1e15 + 1) }, ['/price/amount']],
    [{ price: { amount: 1 } }, ['/price/currency']],
    [{ price: krw(1) }, ['/price/currency']],
    [{ available: 'yes' }, ['/available']],
    [{ available: null }, ['/available']],
    [{ stock: '5' }, ['/stock']],
    [{ stock: -1 }, ['/stock']],
    [{ stock: 1.5 }, ['/stock']],
    [{ stock: 1000001 }, ['/stock']],
    [{ position: '1' }, ['/position']],
    [{ position: -1 }, ['/position']],
    [{ position: 1000001 }, ['/position']],
    [{ description: 7 }, ['/description']],
    [{ description: 'x'.repeat(501) }, ['/description']],
    [{ description: 'a\u007fb' }, ['/description']],
    [{ icon: 'https://elsewhere/x.svg' }, ['/icon']],
    [{ icon: '//elsewhere/x.svg' }, ['/icon']],
    [{ icon: '/icons/../../x' }, ['/icon']],
    [{ icon: '' }, ['/icon']],
    [{ icon: '/"onerror=' }, ['/icon']],
    [{ icon: `/${'x'.repeat(190)}` }, ['/icon']],
    [{ category_id: 'Kopi' }, ['/category_id']],
    [{ category_id: 7 }, ['/category_id']],
    [{ category_id: NOBODY }, ['/category_id']],
    [{ options: {} }, ['/options']],
    [{ options: null }, ['/options']],
    [{ options: 'large' }, ['/options']],
    [{ options: Array(9).fill(group()) }, ['/options']],
    [{ options: [group({ choices: choices(21) })] }, ['/options/0/choices']],
    [{ options: [group({ choices: [] })] }, ['/options/0/choices']],
    [{ options: [group({ choices: [...choices(2), choices(1)[0]] })] }, ['/options/0/choices/2/id']],
    [{ options: [group(), group({ id: 'again' })] }, ['/options/1/choices/0/id']],
    [{ options: [group({ id: 'Besar sekali' })] }, ['/options/0/id']],
    [{ options: [group({ name: 'x'.repeat(121) })] }, ['/options/0/name']],
    [{ options: [group({ name: 'a\u0000b' })] }, null],
    [{ options: [group({ min: '1' })] }, ['/options/0/min']],
    [{ options: [group({ min: 2 })] }, ['/options/0/min']],
    [{ options: [group({ max: 3 })] }, ['/options/0/max']],
    [{ options: [group({ choices: [{ id: 'a', name: 'A', price: 5000 }] })] }, ['/options/0/choices/0/price']],
    [{ options: [group({ choices: [{ id: 'a', name: 'A', price: idr('5') }] })] }, ['/options/0/choices/0/price/amount']],
    [{ options: [group({ choices: [{ id: 'a', name: 'A', price: idr(-5) }] })] }, ['/options/0/choices/0/price/amount']],
    [{ options: [group({ choices: [{ id: 'a', name: 'A', price: idr(1e15 + 1) }] })] }, ['/options/0/choices/0/price/amount']],
    [{ options: [group({ choices: [{ id: 'a', name: 'A', price: idr(1) }, { id: 'b', name: 'B', price: krw(1) }] })] }, ['/options/0/choices/1/price/currency']],
    [{ options: [group({ choices: [{ id: 'a', name: 'A', available: 1 }] })] }, ['/options/0/choices/0/available']],
    [{ options: Array.from({ length: 8 }, (_, g) => ({ id: `g${g}`, name: 'G', choices: Array.from({ length: 20 }, (_, c) => ({ id: `g${g}c${c}`, name: 'x'.repeat(60) })) })) }, ['/options']],
  ]
  for (const [more, pointers] of bad)
    test(`not with ${JSON.stringify(more).slice(0, 70)}`, async () => {
      const was = await menuOf(SHOP, 'OWNER1')
      for (const answer of [await ask('OWNER1', `/v1/shops/${SHOP}/products`, { body: tea(more) }), await patch('OWNER1', `/v1/products/${COLA}`, more)]) {
        if (Object.values(more)[0] === undefined && answer.status === 200) continue
        refused(answer, 400, pointers ? 'bad-input' : 'bad-json', pointers ?? undefined)
      }
      assert.deepEqual(await menuOf(SHOP, 'OWNER1'), was)
    })

  test('not with ten thousand choices, nor out of what is no object', async () => {
    refused(await patch('OWNER1', `/v1/products/${COLA}`, { options: [group({ choices: choices(10000) })] }), 413, 'too-large')
    refused(await patch('OWNER1', `/v1/products/${COLA}`, { options: [group({ choices: Array(10000).fill(7) })] }), 400, 'bad-input', ['/options/0/choices'])
    for (const body of [[], 7, 'x']) {
      refused(await patch('OWNER1', `/v1/products/${COLA}`, body), 400, 'bad-input', [''])
      refused(await ask('OWNER1', `/v1/shops/${SHOP}/products`, { body }), 400, 'bad-input', [''])
    }
  })

  test('are counted: a menu has three hundred, and options have a size', async () => {
    const wide = Array.from({ length: 8 }, (_, g) => ({ id: `g${g}`, name: 'G', choices: Array.from({ length: 20 }, (_, c) => ({ id: `g${g}c${c}`, name: 'C' })) }))
    let full
    for (let i = (await menuOf(other)).products.length; i < 300; i++) {
      const options = full ? [] : wide
      const { status, json, text } = await ask('USER0002', `/v1/shops/${other}/products`, { body: { name: `P${i}`, price: krw(i), options } })
      if (status === 400) {
        assert.deepEqual(json.errors.map(({ pointer }) => pointer), ['/options'])
        full = i--
      } else assert.equal(status, 201, text)
    }
    assert.ok(full > 30, `options of ${full} products`)
    refused(await ask('USER0002', `/v1/shops/${other}/products`, { body: { name: 'P300', price: krw(1) } }), 409, 'conflict')
    assert.equal((await menuOf(other)).products.length, 300)
  })
})

describe('categories', () => {
  test('are added, renamed, moved and removed; products stay', async () => {
    const one = await newCategory({ name: ' Panas ' })
    assert.deepEqual(one, { id: one.id, name: 'Panas', position: 3 })
    const product = await newProduct({ category_id: one.id })
    const renamed = await patch('OWNER1', `/v1/categories/${one.id}`, { name: 'Hangat', position: 0 })
    assert.deepEqual(renamed.json, { id: one.id, name: 'Hangat', position: 0 })
    assert.deepEqual((await patch('OWNER1', `/v1/categories/${one.id}`, {})).json, renamed.json)
    assert.deepEqual((await menuOf()).categories.map(({ name }) => name), ['Kopi', 'Hangat', 'Teh', 'Minuman dingin'])
    assert.equal((await remove('OWNER1', `/v1/categories/${one.id}`)).status, 204)
    refused(await remove('OWNER1', `/v1/categories/${one.id}`), 404, 'not-found')
    refused(await patch('OWNER1', `/v1/categories/${one.id}`, { name: 'X' }), 404, 'not-found')
    assert.ok(!('category_id' in (await productOf(product.id))))
    await remove('OWNER1', `/v1/products/${product.id}`)
  })

  test('are the business of who heads their shop, and of no other shop', async () => {
    const one = await newCategory({ name: 'Lain' }, other, 'USER0002')
    for (const who of ['OWNER1', 'BARISTA1', 'COURIER1', 'USER0001', 'KIOSK1']) {
      refused(await ask(who, `/v1/shops/${other}/categories`, { body: { name: 'X' } }), 403, 'forbidden')
      refused(await patch(who, `/v1/categories/${one.id}`, { name: 'X' }), 403, 'forbidden')
      refused(await remove(who, `/v1/categories/${one.id}`), 403, 'forbidden')
    }
    refused(await ask(undefined, `/v1/shops/${other}/categories`, { body: { name: 'X' } }), 401, 'not-logged-in')
    refused(await ask('ADMIN1', `/v1/shops/${NOBODY}/categories`, { body: { name: 'X' } }), 404, 'not-found')
    refused(await patch('OWNER1', `/v1/products/${COLA}`, { category_id: one.id }), 400, 'bad-input', ['/category_id'])
    assert.deepEqual((await menuOf(other)).categories, [one])
  })

  for (const [body, pointers] of [
    [{}, ['/name']], [{ name: '' }, ['/name']], [{ name: 7 }, ['/name']], [{ name: 'x'.repeat(121) }, ['/name']], [{ name: 'a\tb' }, ['/name']],
    [{ name: 'X', position: '1' }, ['/position']], [{ name: 'X', position: -1 }, ['/position']], [[], ['']],
  ])
    test(`not out of ${JSON.stringify(body).slice(0, 60)}`, async () => {
      refused(await ask('OWNER1', `/v1/shops/${SHOP}/categories`, { body }), 400, 'bad-input', pointers)
    })

  test('are fifty at most', async () => {
    for (let i = (await menuOf(other)).categories.length; i < 50; i++) await newCategory({ name: `K${i}` }, other, 'USER0002')
    refused(await ask('USER0002', `/v1/shops/${other}/categories`, { body: { name: 'K50' } }), 409, 'conflict')
  })
})

describe('kiosks see it', () => {
  const namesOf = (menu) => menu.map(({ name, available }) => `${name} ${available}`)

  test('what is added, sold out, there again and gone, at once', async () => {
    const screen = await Screen.at(server, '?kiosk=KIOSK1', { Authorization: `Bearer ${tokens.KIOSK1}` })
    const menu = () => screen.expect('SHOW_MENU')
    const product = await newProduct({ name: 'Baru', stock: 2 })
    assert.ok(namesOf(await menu()).includes('Baru true'))
    const change = (body) => patch('BARISTA1', `/v1/products/${product.id}`, body)
    assert.equal((await change({ stock: 1 })).status, 200) /* nobody sees how many are left */
    await change({ stock: 0 })
    assert.ok(namesOf(await menu()).includes('Baru false'))
    await change({ stock: 1 })
    const shown = await menu()
    assert.ok(namesOf(shown).includes('Baru true'))
    assert.deepEqual(Object.keys(shown[0]), ['id', 'name', 'icon', 'price', 'currency', 'available'])
    const order = await ask('USER0001', '/order-ms/USER0001/orders', { body: { shop_id: SHOP, items: [{ product_id: product.id, qty: 1 }] } })
    assert.equal(order.status, 201, order.text)
    assert.ok(namesOf(await menu()).includes('Baru false'))
    refused(await ask('USER0001', '/order-ms/USER0001/orders', { body: { shop_id: SHOP, items: [{ product_id: product.id, qty: 1 }] } }), 409, 'sold-out')
    assert.equal((await ask('USER0001', `/order-ms/USER0001/orders/${order.json.order_id}`, { method: 'DELETE' })).status, 200)
    assert.ok(namesOf(await menu()).includes('Baru true'))
    await remove('OWNER1', `/v1/products/${product.id}`)
    assert.ok(!namesOf(await menu()).some((one) => one.startsWith('Baru')))
    screen.close()
  })

  test('a product with options is sold there with its defaults', async () => {
    const screen = await Screen.at(server, '?kiosk=KIOSK2', { Authorization: `Bearer ${tokens.OWNER1}` })
    screen.send('ORDER', { id: KOPI })
    await screen.expect('MENU_CLICKED')
    assert.equal((await screen.expect('ORDER_CREATED')).amount, 18000)
    screen.close()
  })
})
