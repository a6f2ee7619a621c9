// look.js - what a ruler, a light meter and a screen reader find wrong with a page as it stands. Both functions run
// in the page (page.evaluate), so they know nothing but their argument.

/** Sizes: the page scrolls sideways, something sticks out, something to be touched is smaller than `touch` pixels. */
export function measure(touch) {
  const wrong = []
  if (document.documentElement.scrollWidth > innerWidth) wrong.push('the page scrolls sideways')
  const scope = document.querySelector('dialog[open]') ?? document
  for (const element of scope.querySelectorAll('button, a, input:not([readonly]), select')) {
    if (!element.checkVisibility()) continue
    const target = element.matches('[type=radio], [type=checkbox]') ? element.closest('label') : element
    const { width, height, left, right, bottom } = target.getBoundingClientRect()
    if (bottom < 0) continue // waits above the page for the keyboard
    const name = element.dataset.test ?? element.textContent.trim()
    const rolls = element.closest('nav, [data-rolls]') // a row that is scrolled by itself
    if (Math.min(width, height) < touch) wrong.push(`${name} is ${Math.round(width)} by ${Math.round(height)}`)
    if (!rolls && (left < -1 || right > innerWidth + 1)) wrong.push(`${name} sticks out`)
  }
  return wrong
}

/** Meaning: names, headings, languages, contrast (WCAG AA) of every text that is in sight. */
export function judge() {
  const wrong = []
  const scope = document.querySelector('dialog[open]') ?? document.body
  const seen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true })
  const told = (ids) => (ids ?? '').split(' ').map((id) => document.getElementById(id)?.textContent ?? '').join(' ')

  function nameOf(element) {
    const labels = [...(element.labels ?? [])].map((label) => label.textContent)
    const images = [...element.querySelectorAll('img')].map((image) => image.alt)
    return [element.getAttribute('aria-label'), told(element.getAttribute('aria-labelledby')), ...labels, ...images, element.textContent]
      .some((text) => text?.trim())
  }
  for (const element of scope.querySelectorAll('button, a, input, select, dialog, nav, aside, [role=group], [role=tabpanel]'))
    if (seen(element) && !element.closest('[aria-hidden=true]') && !nameOf(element)) wrong.push(`no name: ${element.outerHTML.slice(0, 120)}`)
  for (const image of scope.querySelectorAll('img:not([alt])')) wrong.push(`no alt: ${image.src}`)
  for (const element of document.querySelectorAll('[aria-describedby], [aria-controls], [aria-labelledby]'))
    for (const name of ['aria-describedby', 'aria-labelledby'])
      if (element.hasAttribute(name) && !told(element.getAttribute(name)).trim()) wrong.push(`${name} leads nowhere: ${element.outerHTML.slice(0, 120)}`)
  const ids = [...document.querySelectorAll('[id]')].map(({ id }) => id)
  for (const id of ids.filter((one, i) => ids.indexOf(one) !== i)) wrong.push(`two elements are called ${id}`)
  const first = [...document.querySelectorAll('h1')].filter(seen).length
  if (first !== 1) wrong.push(`${first} headings of the first order`)
  if (document.querySelectorAll('main').length !== 1) wrong.push('not one main')
  if (!/^(id|ko|pl|en)$/.test(document.documentElement.lang)) wrong.push('no language')
  if (!document.title) wrong.push('no title')

  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })
  function rgba(color) {
    canvas.clearRect(0, 0, 1, 1)
    canvas.fillStyle = color
    canvas.fillRect(0, 0, 1, 1)
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data
    return [r, g, b, a / 255]
  }
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1]
  function groundOf(element) {
    const own = rgba(getComputedStyle(element).backgroundColor)
    if (own[3] === 1) return own
    const below = element.parentElement ? groundOf(element.parentElement) : rgba('Canvas')
    return over(own, below)
  }
  function light(color) {
    const [r, g, b] = color.map((part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const texts = document.createTreeWalker(scope, NodeFilter.SHOW_TEXT)
  while (texts.nextNode()) {
    const element = texts.currentNode.parentElement
    const text = texts.currentNode.textContent.trim()
    if (!text || !seen(element) || element.closest(':disabled, option, script, style, .unseen')) continue
    const style = getComputedStyle(element)
    const ground = groundOf(element)
    const [a, b] = [light(over(rgba(style.color), ground)), light(ground)].sort((x, y) => y - x)
    const ratio = (a + 0.05) / (b + 0.05)
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700)
    if (ratio < (large ? 3 : 4.5)) wrong.push(`contrast ${ratio.toFixed(2)} of "${text.slice(0, 40)}"`)
  }
  return wrong
}
